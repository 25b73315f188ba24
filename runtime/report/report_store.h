// Reports: the rows, which are also the queue. A worker holds a report by a lease that it renews;
// a lease that runs out, or whose process is gone, gives the report back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/report/actor.h"
#include "runtime/report/report_state.h"
#include "runtime/report/repository_store.h"
#include "runtime/store/database.h"
#include "runtime/template/manifest.h"

namespace carrel::report {

// A report goes back to pending at most this often, then it fails.
inline constexpr int kMaxRequeues = 2;
// Bytes of `failure_output` that are kept.
inline constexpr size_t kMaxFailureOutput = 4096;
// Bytes of what a report printed that are kept: the last ones.
inline constexpr size_t kMaxStoredLog = size_t{64} << 10;

struct Progress {
  double value = 0;
  double max = 0;
  std::string stage;
  bool operator==(const Progress&) const = default;
};

using Duration = std::chrono::microseconds;

struct Timing {
  std::optional<Duration> wait;    // created -> claimed
  std::optional<Duration> deploy;  // claimed -> started
  std::optional<Duration> run;     // started -> finished
};

// What the whole process tree of a run used.
struct ResourceUse {
  double wall_s = 0;
  double cpu_s = 0;
  uint64_t peak_memory_bytes = 0;
  bool operator==(const ResourceUse&) const = default;
};

// The template as it was when the report was created.
struct TemplateSnapshot {
  std::string id;
  Origin origin = Origin::kCustom;
  Reference repository;
  GitReference git;
  std::string requirements;
  manifest::ReportDefinition definition;
};

struct Report {
  std::string id, name, description;
  ReportState status = ReportState::kPending;
  TemplateSnapshot source;
  std::string renderer;             // its id
  Json parameters = Json::array();  // [{id, type, value}]
  Json limits = Json::object();     // wished for; once it ran, those that held
  Progress progress;
  Timing timing;
  std::string artifact;  // name in the artifact store; empty unless ready
  uint64_t report_size = 0;
  uint64_t rows = 0;
  std::string sha256;
  std::string verdict;  // of the last run: "ok", "plugin_error", ...; empty before
  std::string failure_output;
  std::string notes;
  std::string sandbox_tier;        // of the last run
  std::optional<ResourceUse> use;  // of the last run that ended by itself or at a limit
  Reference schedule;
  Account owner;
  Events events;
  Timestamp created;
  int attempts = 0;  // how often it was claimed
};

// The right to finish one attempt of one report.
struct Lease {
  std::string report_id;
  std::string owner;  // host_identity.h
  int attempt = 0;
};

struct ClaimRequest {
  Timestamp now;
  std::string owner;
  std::chrono::seconds lease{30};
  std::string report_id;  // empty: the oldest pending one
};

// What is stored of a run, however it ended.
struct RunFacts {
  Timing timing;  // `wait` is ignored
  Json limits;
  std::string sandbox_tier;
  std::string verdict;
  uint64_t rows = 0;
  Progress progress;  // the last one
  std::optional<ResourceUse> use;
  std::string log;  // cut to its last kMaxStoredLog bytes
};

struct Published {
  std::string artifact;
  uint64_t size = 0;
  std::string sha256;
};

struct Failure {
  std::string notes;           // the reason
  std::string failure_output;  // the traceback; cut to kMaxFailureOutput
};

struct ReportFilter {
  std::string owner_id;
  std::string template_id;
  std::string status;
  int64_t limit = 100;
  int64_t offset = 0;
};

struct Recovered {
  int requeued = 0;
  int failed = 0;
};

// Thread-safe; any number of processes may work on the same rows. kNotFound for an unknown id;
// kConflict when the state does not allow a step or the lease is no longer held.
class ReportStore {
 public:
  virtual ~ReportStore() = default;

  // Gives it an id; status pending. kConflict when its template is not enabled now.
  virtual Result<Report> Create(Report report, const Actor& actor, Timestamp now) = 0;
  virtual Result<Report> Get(std::string_view id) = 0;
  // What the last run printed; kept apart, as no list shows it.
  virtual Result<std::string> Log(std::string_view id) = 0;
  // Newest first.
  virtual Result<std::vector<Report>> List(const ReportFilter& filter) = 0;
  virtual Result<int64_t> Count(const ReportFilter& filter) = 0;

  // pending -> deploying, for one caller only. nullopt when nothing is pending. Reports of a
  // repository that is being configured wait.
  virtual Result<std::optional<Report>> Claim(const ClaimRequest& request) = 0;
  virtual Status Heartbeat(const Lease& lease, Timestamp expires, const Progress& progress) = 0;
  virtual Status MarkReady(const Lease& lease, const Published& published, const RunFacts& facts,
                           Timestamp now) = 0;
  virtual Status MarkFailed(const Lease& lease, const Failure& failure, const RunFacts& facts,
                            Timestamp now) = 0;
  // Back to pending, or failed when that was done kMaxRequeues times.
  virtual Status Requeue(const Lease& lease, std::string_view reason, Timestamp now) = 0;
  // Requeue of every report whose lease ran out or whose process on this machine is gone.
  virtual Result<Recovered> RecoverExpired(Timestamp now) = 0;

  // pending -> failed.
  virtual Status Cancel(std::string_view id, std::string_view notes, const Actor& actor,
                        Timestamp now) = 0;
  // Removes the row; the name of the artifact, which is the caller's to remove.
  virtual Result<std::string> Delete(std::string_view id, const Actor& actor, Timestamp now) = 0;
};

class SqlReportStore final : public ReportStore {
 public:
  explicit SqlReportStore(store::Database& database) : database_(database) {}
  Result<Report> Create(Report report, const Actor& actor, Timestamp now) override;
  Result<Report> Get(std::string_view id) override;
  Result<std::string> Log(std::string_view id) override;
  Result<std::vector<Report>> List(const ReportFilter& filter) override;
  Result<int64_t> Count(const ReportFilter& filter) override;
  Result<std::optional<Report>> Claim(const ClaimRequest& request) override;
  Status Heartbeat(const Lease& lease, Timestamp expires, const Progress& progress) override;
  Status MarkReady(const Lease& lease, const Published& published, const RunFacts& facts,
                   Timestamp now) override;
  Status MarkFailed(const Lease& lease, const Failure& failure, const RunFacts& facts,
                    Timestamp now) override;
  Status Requeue(const Lease& lease, std::string_view reason, Timestamp now) override;
  Result<Recovered> RecoverExpired(Timestamp now) override;
  Status Cancel(std::string_view id, std::string_view notes, const Actor& actor,
                Timestamp now) override;
  Result<std::string> Delete(std::string_view id, const Actor& actor, Timestamp now) override;

 private:
  store::Database& database_;
};

}  // namespace carrel::report
