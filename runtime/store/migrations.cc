#include "runtime/store/migrations.h"

#include <array>

namespace carrel::store {
namespace {

// Times are microseconds since 1970 in UTC; columns that hold JSON say so. A report carries a copy
// of what it was made from, so that it outlives its template and repository.
constexpr std::string_view kReports = R"sql(
CREATE TABLE repositories (
  id              TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  version         TEXT NOT NULL,
  language        TEXT NOT NULL,
  requirements    TEXT NOT NULL,
  repository_type TEXT NOT NULL CHECK (repository_type IN ('system', 'custom')),
  revision        BIGINT NOT NULL,
  git_url         TEXT NOT NULL,
  git_tag         TEXT NOT NULL,
  git_commit      TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('configuring', 'ready', 'failed')),
  notes           TEXT NOT NULL,
  credentials     TEXT NOT NULL,  -- sealed by secret_box, or empty
  owner_id        TEXT NOT NULL,
  owner_name      TEXT NOT NULL,
  events          TEXT NOT NULL,  -- JSON
  created         BIGINT NOT NULL,
  next_template   BIGINT NOT NULL,
  lease_owner     TEXT,
  lease_expires   BIGINT
);
CREATE INDEX repositories_owner ON repositories (owner_id, created);

CREATE TABLE templates (
  id              TEXT PRIMARY KEY,
  repository_id   TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  local_id        TEXT NOT NULL,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  template_type   TEXT NOT NULL CHECK (template_type IN ('system', 'custom')),
  specs_version   TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('enabled', 'disabled', 'blocked')),
  notes           TEXT NOT NULL,
  definition      TEXT NOT NULL,  -- JSON: the report's entry in reports.json, normalised
  events          TEXT NOT NULL,  -- JSON
  created         BIGINT NOT NULL,
  UNIQUE (repository_id, local_id)
);

CREATE TABLE reports (
  id              TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'deploying', 'ready', 'failed')),
  template_id     TEXT NOT NULL,
  template_name   TEXT NOT NULL,
  template_type   TEXT NOT NULL,
  definition      TEXT NOT NULL,  -- JSON: the template's, when the report was created
  repository_id   TEXT NOT NULL,
  repository_name TEXT NOT NULL,
  git_url         TEXT NOT NULL,
  git_tag         TEXT NOT NULL,
  git_commit      TEXT NOT NULL,
  requirements    TEXT NOT NULL,
  renderer        TEXT NOT NULL,
  parameters      TEXT NOT NULL,  -- JSON
  limits          TEXT NOT NULL,  -- JSON
  progress_value  DOUBLE PRECISION NOT NULL,
  progress_max    DOUBLE PRECISION NOT NULL,
  progress_stage  TEXT NOT NULL,
  wait_us         BIGINT,
  deploy_us       BIGINT,
  run_us          BIGINT,
  artifact        TEXT NOT NULL,
  report_size     BIGINT NOT NULL,
  report_rows     BIGINT NOT NULL,
  sha256          TEXT NOT NULL,
  verdict         TEXT NOT NULL,
  failure_output  TEXT NOT NULL,
  notes           TEXT NOT NULL,
  sandbox_tier    TEXT NOT NULL,
  schedule_id     TEXT NOT NULL,
  schedule_name   TEXT NOT NULL,
  owner_id        TEXT NOT NULL,
  owner_name      TEXT NOT NULL,
  owner_role      TEXT NOT NULL,
  events          TEXT NOT NULL,  -- JSON
  created         BIGINT NOT NULL,
  attempts        BIGINT NOT NULL,
  lease_owner     TEXT,
  lease_expires   BIGINT
);
CREATE INDEX reports_queue ON reports (created, id) WHERE status = 'pending';
CREATE INDEX reports_running ON reports (lease_expires) WHERE status = 'deploying';
CREATE INDEX reports_owner ON reports (owner_id, created);
CREATE INDEX reports_template ON reports (template_id, status);

CREATE TABLE audit (
  at              BIGINT NOT NULL,
  object_id       TEXT NOT NULL,
  action          TEXT NOT NULL,
  from_status     TEXT NOT NULL,
  to_status       TEXT NOT NULL,
  actor_id        TEXT NOT NULL,
  actor_name      TEXT NOT NULL,
  origin          TEXT NOT NULL,
  note            TEXT NOT NULL
);
CREATE INDEX audit_object ON audit (object_id, at);
)sql";

// The log stands last: a list does not read past the columns it asks for.
constexpr std::string_view kRunFacts = R"sql(
ALTER TABLE reports ADD COLUMN wall_us BIGINT;
ALTER TABLE reports ADD COLUMN cpu_us BIGINT;
ALTER TABLE reports ADD COLUMN peak_memory BIGINT;
ALTER TABLE reports ADD COLUMN run_log TEXT NOT NULL DEFAULT '';
)sql";

// What usage is reported for. `key` is the number that other rows refer to, `id` what people see.
constexpr std::string_view kCatalogue = R"sql(
CREATE TABLE accounts (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  role            TEXT NOT NULL CHECK (role IN ('vendor', 'distributor', 'reseller', 'admin')),
  external_id     TEXT NOT NULL
);
CREATE TABLE hubs (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  account_key     BIGINT REFERENCES accounts (key)
);
CREATE TABLE marketplaces (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  owner_key       BIGINT REFERENCES accounts (key)
);
CREATE TABLE products (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  vendor_key      BIGINT NOT NULL REFERENCES accounts (key),
  ppu_schema      TEXT NOT NULL CHECK (ppu_schema IN ('', 'QT', 'TR', 'CR', 'PR')),
  ppu_dynamic     BIGINT NOT NULL,
  ppu_predictive  BIGINT NOT NULL,
  ppu_future      BIGINT NOT NULL,
  ppu_late        BIGINT NOT NULL,
  ppu_custom_fields       TEXT NOT NULL,  -- JSON
  reservation_consumption BIGINT NOT NULL
);
CREATE TABLE items (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  product_key     BIGINT NOT NULL REFERENCES products (key),
  mpn             TEXT NOT NULL,
  local_id        TEXT NOT NULL,
  name            TEXT NOT NULL,
  unit            TEXT NOT NULL,
  quantity_precision TEXT NOT NULL,
  item_type       TEXT NOT NULL CHECK (item_type IN ('reservation', 'ppu')),
  period          TEXT NOT NULL
);
CREATE UNIQUE INDEX items_mpn ON items (product_key, mpn);
CREATE TABLE contracts (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  vendor_key      BIGINT REFERENCES accounts (key),
  provider_key    BIGINT NOT NULL REFERENCES accounts (key),
  reseller_key    BIGINT REFERENCES accounts (key),
  marketplace_key BIGINT NOT NULL REFERENCES marketplaces (key)
);
CREATE TABLE assets (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  external_id     TEXT NOT NULL,
  external_uid    TEXT NOT NULL,
  status          TEXT NOT NULL,
  product_key     BIGINT NOT NULL REFERENCES products (key),
  marketplace_key BIGINT NOT NULL REFERENCES marketplaces (key),
  contract_key    BIGINT NOT NULL REFERENCES contracts (key),
  hub_key         BIGINT REFERENCES hubs (key),
  environment     TEXT NOT NULL CHECK (environment IN ('test', 'preview', 'production')),
  customer_id     TEXT NOT NULL,
  customer_name   TEXT NOT NULL,
  tier1_id        TEXT NOT NULL,
  tier1_name      TEXT NOT NULL,
  tier2_id        TEXT NOT NULL,
  tier2_name      TEXT NOT NULL,
  parameters      TEXT NOT NULL  -- JSON: id -> value
);
CREATE INDEX assets_product ON assets (product_key, environment);
)sql";

// A load is one reading of a file's spreadsheet; a file shows the records of its current one. The
// key of a record is load * 2^32 + its number in the file, so that a load is one range that grows
// at the end of the table. Decimals are a whole part and a fraction in 10^-18. States of records
// are the numbers of record_state.h; pending, accepted and rejected stand once, at the file.
constexpr std::string_view kUsage = R"sql(
CREATE TABLE usage_files (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  external_id     TEXT NOT NULL,
  note            TEXT NOT NULL,
  acceptance_note TEXT NOT NULL,
  rejection_note  TEXT NOT NULL,
  error_detail    TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('draft', 'uploading', 'processing', 'invalid',
                    'ready', 'pending', 'rejected', 'accepted', 'closed')),
  previous_status TEXT NOT NULL,
  environment     TEXT NOT NULL CHECK (environment IN ('test', 'preview', 'production')),
  vendor_key      BIGINT NOT NULL REFERENCES accounts (key),
  provider_key    BIGINT REFERENCES accounts (key),
  reseller_key    BIGINT REFERENCES accounts (key),
  marketplace_key BIGINT NOT NULL REFERENCES marketplaces (key),
  contract_key    BIGINT REFERENCES contracts (key),
  product_key     BIGINT NOT NULL REFERENCES products (key),
  usage_schema    TEXT NOT NULL,
  currency        TEXT NOT NULL,
  period_from     BIGINT NOT NULL,
  period_to       BIGINT NOT NULL,
  load            BIGINT NOT NULL,
  record_state    BIGINT NOT NULL,
  records_all     BIGINT NOT NULL,
  records_valid   BIGINT NOT NULL,
  records_closed  BIGINT NOT NULL,
  records_billed  BIGINT NOT NULL,
  upload          TEXT NOT NULL,
  upload_name     TEXT NOT NULL,
  upload_size     BIGINT NOT NULL,
  upload_sha256   TEXT NOT NULL,
  reconciliation  TEXT NOT NULL,
  events          TEXT NOT NULL,  -- JSON
  created         BIGINT NOT NULL,
  lease_owner     TEXT
);
CREATE INDEX usage_files_product ON usage_files (product_key, status);
CREATE INDEX usage_files_load ON usage_files (load);

CREATE TABLE usage_loads (
  key             INTEGER PRIMARY KEY,
  file_key        BIGINT NOT NULL REFERENCES usage_files (key) ON DELETE CASCADE,
  first_record_id TEXT NOT NULL,
  last_record_id  TEXT NOT NULL
);

CREATE TABLE usage_categories (
  load            BIGINT NOT NULL,
  number          BIGINT NOT NULL,
  id              TEXT NOT NULL,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  PRIMARY KEY (load, number)
);

CREATE TABLE usage_records (
  key             INTEGER PRIMARY KEY,
  load            BIGINT NOT NULL,
  record_id       TEXT NOT NULL,
  state           BIGINT NOT NULL,
  sheet_row       BIGINT NOT NULL,
  item_key        BIGINT,
  asset_key       BIGINT,
  category        BIGINT,
  tier            BIGINT,
  quantity        BIGINT,
  quantity_fraction BIGINT,
  amount          BIGINT,
  amount_fraction BIGINT,
  start_us        BIGINT,
  end_us          BIGINT,
  note            TEXT,
  params          TEXT,  -- JSON
  errors          TEXT,  -- JSON
  billing_id      TEXT,
  billing_note    TEXT,
  closed_at       BIGINT,
  closed_by       TEXT
);
CREATE UNIQUE INDEX usage_records_id ON usage_records (load, record_id) WHERE state <> 3;

CREATE TABLE usage_totals (
  load            BIGINT NOT NULL,
  asset_key       BIGINT NOT NULL,
  item_key        BIGINT NOT NULL,
  records         BIGINT NOT NULL,
  quantity        TEXT NOT NULL,  -- decimal
  amount          TEXT NOT NULL,  -- decimal
  last_end        BIGINT NOT NULL,
  PRIMARY KEY (load, asset_key, item_key)
);

CREATE TABLE usage_chunks (
  id              TEXT PRIMARY KEY,
  file_key        BIGINT NOT NULL REFERENCES usage_files (key) ON DELETE CASCADE,
  hub_key         BIGINT REFERENCES hubs (key),
  records         BIGINT NOT NULL,
  records_closed  BIGINT NOT NULL
);
CREATE INDEX usage_chunks_file ON usage_chunks (file_key);

CREATE TABLE usage_rules (
  product_key     BIGINT NOT NULL REFERENCES products (key),
  place           BIGINT NOT NULL,
  action          TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'manual')),
  scope           TEXT NOT NULL CHECK (scope IN ('record', 'file')),
  rule            TEXT NOT NULL,  -- RQL
  PRIMARY KEY (product_key, place)
);
)sql";

// Assets that are there already are as old as this migration.
constexpr std::string_view kSubscriptions = R"sql(
ALTER TABLE assets ADD COLUMN customer_external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN tier1_external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN tier2_external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN updated BIGINT NOT NULL DEFAULT 0;
UPDATE assets SET created = CAST(strftime('%s', 'now') AS BIGINT) * 1000000;
UPDATE assets SET updated = created;
)sql";

// The names of states are those of chunk_state.h. What a reconciliation refused is kept row by row.
constexpr std::string_view kBilling = R"sql(
ALTER TABLE usage_chunks ADD COLUMN status TEXT NOT NULL DEFAULT 'ready'
  CHECK (status IN ('draft', 'ready', 'closed', 'failed'));
ALTER TABLE usage_chunks ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE usage_chunks ADD COLUMN events TEXT NOT NULL DEFAULT '{}';  -- JSON
UPDATE usage_chunks SET status = 'closed' WHERE records_closed = records;

CREATE TABLE usage_reconciliations (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  file_key        BIGINT NOT NULL REFERENCES usage_files (key) ON DELETE CASCADE,
  upload_name     TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('applied', 'partial', 'refused')),
  rows_closed     BIGINT NOT NULL,
  rows_refused    BIGINT NOT NULL,
  events          TEXT NOT NULL,  -- JSON
  created         BIGINT NOT NULL
);
CREATE INDEX usage_reconciliations_file ON usage_reconciliations (file_key);

CREATE TABLE usage_reconciliation_errors (
  reconciliation_key BIGINT NOT NULL REFERENCES usage_reconciliations (key) ON DELETE CASCADE,
  place           BIGINT NOT NULL,
  sheet_row       BIGINT NOT NULL,
  record          TEXT NOT NULL,
  error           TEXT NOT NULL,
  PRIMARY KEY (reconciliation_key, place)
);
)sql";

// Sums of loads that are there already stay as they are, without tiers.
constexpr std::string_view kTotalsByTier = R"sql(
CREATE TABLE totals_by_tier (
  load            BIGINT NOT NULL,
  asset_key       BIGINT NOT NULL,
  item_key        BIGINT NOT NULL,
  tier            BIGINT NOT NULL,  -- -1: the schema has none
  hub_key         BIGINT,  -- the asset's when the file was accepted
  records         BIGINT NOT NULL,
  quantity        TEXT NOT NULL,  -- decimal
  amount          TEXT NOT NULL,  -- decimal
  last_end        BIGINT NOT NULL,
  PRIMARY KEY (load, asset_key, item_key, tier)
);
INSERT INTO totals_by_tier (load, asset_key, item_key, tier, hub_key, records, quantity, amount,
                            last_end)
  SELECT t.load, t.asset_key, t.item_key, -1, a.hub_key, t.records, t.quantity, t.amount, t.last_end
  FROM usage_totals t LEFT JOIN assets a ON a.key = t.asset_key;
DROP TABLE usage_totals;
ALTER TABLE totals_by_tier RENAME TO usage_totals;
)sql";

// Whose usage brought the item and may change it still, or take it away; null: the catalogue's own.
constexpr std::string_view kBroughtItems = R"sql(
ALTER TABLE items ADD COLUMN usage_file_key BIGINT;
CREATE INDEX items_usage_file ON items (usage_file_key) WHERE usage_file_key IS NOT NULL;
)sql";

constexpr std::array kMigrations = {
    Migration{1, "repositories, templates, reports, audit", kReports},
    Migration{2, "what a run used and printed", kRunFacts},
    Migration{3, "accounts, products, items, contracts, assets", kCatalogue},
    Migration{4, "usage files, records, rules", kUsage},
    Migration{5, "accounts of the tiers outside, times of assets", kSubscriptions},
    Migration{6, "states of chunks, reconciliations", kBilling},
    Migration{7, "sums of usage by tier and hub", kTotalsByTier},
    Migration{8, "whose usage brought an item", kBroughtItems},
};

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

}  // namespace carrel::store
