import { formatLsn, type VerifyReport } from '../index.ts';
import { render, valueText } from '../messages/message.ts';

/** The result of a verification as JSON: positions as `X/X`, identifiers as text. Fields are only ever added. */
export function verifyRecord(report: VerifyReport): Record<string, unknown> {
  const { pages, label, wal, manifest } = report;
  return {
    messageType: 'verify',
    path: report.path,
    format: report.format,
    verdict: report.verdict,
    server: report.family ?? null,
    systemIdentifier: report.systemIdentifier?.toString() ?? null,
    manifest: manifest ?? null,
    label: label?.label ?? null,
    startLsn: label === undefined ? null : formatLsn(label.startLsn),
    files: report.files,
    bytes: report.bytes,
    pages: {
      notJudged: pages.notJudged === undefined ? null : render(pages.notJudged),
      files: pages.files,
      ok: pages.ok,
      empty: pages.empty,
      failing: pages.failing,
      replaced: pages.replaced,
      unjudgedFiles: pages.unjudgedFiles,
    },
    wal: {
      isComplete: wal.isComplete ?? null,
      required: wal.required.map(({ timeline, startLsn, endLsn }) => ({
        timeline,
        startLsn: formatLsn(startLsn),
        endLsn: endLsn === undefined ? null : formatLsn(endLsn),
      })),
    },
    tablespaceLinks: report.tablespaceLinks,
    damageCount: report.damageCount,
    unprovedCount: report.unprovedCount,
    findings: report.findings.map(({ severity, code, message }) => ({
      severity,
      code,
      message: render(message),
      messageKey: message.key,
      parameters: Object.fromEntries(
        Object.entries(message.parameters).map(([name, value]) => [name, valueText(value)]),
      ),
    })),
  };
}
