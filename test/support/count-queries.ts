// Reads the kept counts of one message; its id, quoted, is to follow.
export const COUNTS = `SELECT kind, label, total, recipients, anonymous FROM (
  SELECT id, kinds.name AS kind, labels.name AS label, total, recipients, anonymous FROM counts
  JOIN messages ON messages.key = message_key JOIN kinds ON kinds.code = kind JOIN labels ON labels.code = label
) AS counted WHERE id = `;
export const LINK_COUNTS = `SELECT link_index, text AS destination, total, recipients, people FROM link_counts
  JOIN messages ON messages.key = message_key JOIN texts ON texts.key = destination_key WHERE id = `;
export const QUARTERS = `SELECT quarter, kind, label, total FROM (
  SELECT id, quarter, kinds.name AS kind, labels.name AS label, total FROM quarter_counts
  JOIN messages ON messages.key = message_key JOIN kinds ON kinds.code = kind JOIN labels ON labels.code = label
) AS counted WHERE id = `;
