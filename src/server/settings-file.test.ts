import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { quoteSetting, SettingsFile } from './settings-file.ts';

const file = (text: string): SettingsFile => new SettingsFile(fromText(text));

describe('reading a settings file', () => {
  it.each([
    ['port = 5432 # the port', 'port', '5432'],
    ['PORT=5432', 'port', '5432'],
    ['port 5432', 'port', '5432'],
    ["archive_command = 'cp ''%p'' /a#b' # comment", 'archive_command', "cp '%p' /a#b"],
    ["a = 'x\\'y\\\\z\\101'", 'a', "x'y\\zA"],
    ['  plpgsql.variable_conflict\t=\terror', 'plpgsql.variable_conflict', 'error'],
    ['a = 1\r', 'a', '1'],
    ["a=''", 'a', ''],
  ])('%j', (line, name, value) => {
    expect(file(`${line}\n`).value(name)).toBe(value);
  });

  it.each(['#port = 1', '  # port = 1', 'port', "port = 'open", 'port = 1 2', '= 1', ''])('nothing in %j', (line) => {
    expect(file(line).lines()).toEqual([]);
  });

  it('the last occurrence wins, includes are told', () => {
    const settings = file("port = 1\ninclude 'a.conf'\nport = 2\ninclude_dir = 'conf.d'\n");
    expect(settings.value('port')).toBe('2');
    expect(settings.lines().map(({ kind, name, value }) => [kind, name, value])).toEqual([
      ['setting', 'port', '1'],
      ['include', 'include', 'a.conf'],
      ['setting', 'port', '2'],
      ['include', 'include_dir', 'conf.d'],
    ]);
  });
});

describe('editing a settings file', () => {
  it('replaces the last occurrence and keeps its comment and everything else', () => {
    const settings = file('# head\nport = 1\nport = 5432\t# (change requires restart)\n\nlast = on\n');
    settings.set('port', fromText('6000'));
    expect(settings.text).toBe("# head\nport = 1\nport = '6000' # (change requires restart)\n\nlast = on\n");
  });

  it('appends what is not set, with and without a line end before', () => {
    const ended = file('a = 1\n');
    ended.set('b', fromText("it's"));
    expect(ended.text).toBe("a = 1\nb = 'it''s'\n");
    const open = file('a = 1');
    open.set('b', fromText('2'));
    expect(open.text).toBe("a = 1\nb = '2'\n");
  });

  it('goes behind an include that could set it again', () => {
    const settings = file("port = 1\ninclude 'x.conf'\n");
    settings.set('port', fromText('2'));
    expect(settings.text).toBe("port = 1\ninclude 'x.conf'\nport = '2'\n");
  });

  it('turns lines into comments and takes lines out', () => {
    const settings = file("archive_dest = '/a' # x\nkeep = 1\nARCHIVE_DEST = '/b'\n");
    expect(settings.disable((name) => name === 'archive_dest').map(({ value }) => value)).toEqual(['/a', '/b']);
    expect(settings.text).toBe("#archive_dest = '/a' # x\nkeep = 1\n#ARCHIVE_DEST = '/b'\n");
    expect(settings.remove((name) => name === 'keep')).toEqual(['keep']);
    expect(settings.text).toBe("#archive_dest = '/a' # x\n#ARCHIVE_DEST = '/b'\n");
  });

  it('what was set is what is read, and the rest stays, for any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1') as ByteString);
    const value = bytes.map((text) => text.replace(/[\0\n\r]/g, '') as ByteString);
    fc.assert(
      fc.property(bytes, value, (text, wanted) => {
        const settings = new SettingsFile(text);
        settings.set('some_name', wanted);
        const again = new SettingsFile(settings.text);
        expect(again.value('some_name')).toBe(wanted);
        expect(again.remove((name) => name === 'some_name').length).toBeGreaterThan(0);
      }),
    );
  });

  it('quotes as the servers read it', () => {
    expect(quoteSetting(fromText("a'b\\c"))).toBe("'a''b\\\\c'");
  });
});
