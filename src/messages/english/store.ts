/** What an object store was found to do, and its clock. */
export const storeMessages = {
  'store.clock.ahead':
    'the clock of this host is {seconds} s ahead of that of the object storage, which refused it: requests were signed with the time of the store',
  'store.clock.behind':
    'the clock of this host is {seconds} s behind that of the object storage, which refused it: requests were signed with the time of the store',
  'store.one-host': 'the host that may write is {host}',
  'store.probe.as-noted': 'it is what is noted there',
  'store.probe.directory': '"{place}" is in no object store: there is nothing to find out',
  'store.probe.help.json': 'tell it as a line of JSON',
  'store.probe.help.take-over':
    'note what was found, and this host as the one that may write where only one may; where another one is noted, only if it is HOST',
  'store.probe.how': 'With --take-over that is noted.',
  'store.probe.how-from':
    'With --take-over={host:word} this host is noted, and goes on. Make sure before that nothing of gausskeep runs on the other one.',
  'store.probe.name-it':
    'the host that may write to {storage} is {host}: from which one to take over was not said, or another one was named',
  'store.probe.name-it.hint':
    'Nothing was changed. Two hosts that write there overwrite one another. If nothing of gausskeep runs on {host} any more, name it: gausskeep repo probe {storage:word} --take-over={host:word}',
  'store.probe.noted.always': 'noted is that it refuses them, whatever their size: no host would look out for another',
  'store.probe.noted.never': 'noted is that it overwrites them',
  'store.probe.noted.single': 'noted is that it refuses them for objects that come in one request',
  'store.probe.old-host':
    '{host} is refused from its next write on; what it is writing at this moment may still arrive: make sure that nothing of gausskeep runs there',
  'store.probe.other-host': 'the host that may write is {host}, and not this one',
  'store.probe.summary': 'try what the store of a repository does, and take it over from another host',
  'store.probe.synopsis': 'PLACE [OPTION]...',
  'store.probe.taken': 'that is noted now',
  'store.probe.unused': 'nothing is noted yet: this place was never used',
  'store.probe.what':
    'Tries what an object store does with a name that is taken, and compares it with what was noted when the repository or archive in it was made. Where a store overwrites such names one host alone may write; --take-over=HOST makes this host the one, where the old one, HOST, is gone or was installed anew. Exit status 3: what was found is not what is noted.',
  'store.puts.always': '{place}: the store refuses names that are taken, whatever the size of an object',
  'store.puts.never': '{place}: the store overwrites names that are taken',
  'store.puts.single':
    '{place}: the store refuses names that are taken, for objects that come in one request; gausskeep puts all of them so',
} as const;
