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

constexpr std::array kMigrations = {
    Migration{1, "repositories, templates, reports, audit", kReports},
    Migration{2, "what a run used and printed", kRunFacts},
};

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

}  // namespace carrel::store
