// Repositories and the templates they offer: the rows, and every step between their states.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/report/actor.h"
#include "runtime/report/repository_state.h"
#include "runtime/store/database.h"
#include "runtime/template/manifest.h"

namespace carrel::report {

enum class Origin : uint8_t { kSystem, kCustom };  // shipped with the runtime, or added by a user

std::string_view Name(Origin origin);

struct GitReference {
  std::string url;
  std::string tag;     // a tag, a branch or a commit id, as asked for; empty: the default branch
  std::string commit;  // what it resolved to
};

struct Repository {
  std::string id;
  std::string name, description, version, language, requirements;
  Origin origin = Origin::kCustom;
  int64_t revision = 0;  // counts configurations
  GitReference git;
  RepositoryState status = RepositoryState::kConfiguring;
  std::string notes;
  std::string credentials;  // sealed; empty when it has none
  Events events;
  Reference owner;
  Timestamp created;
};

// What a successful configuration found.
struct Configured {
  std::string commit;
  manifest::Manifest manifest;
  std::string description;
};

// What an edit changes; an empty name keeps the name.
struct RepositoryEdit {
  std::string name;
  std::string tag;
};

struct RepositoryFilter {
  std::string owner_id;  // empty: everybody's
  std::string git_url;
  std::string git_commit;
  int64_t limit = 100;
  int64_t offset = 0;
};

// `lease_owner` names the process that configures a repository (host_identity.h). Thread-safe.
// Every method: kNotFound for an unknown id; kConflict or kDenied when the state does not allow
// the step, or another one got there first.
class RepositoryStore {
 public:
  virtual ~RepositoryStore() = default;

  // Gives it an id; status configuring.
  virtual Result<Repository> Create(Repository repository, std::string_view lease_owner,
                                    const Actor& actor, Timestamp now) = 0;
  // BeginSync of the oldest repository with the url and tag of `repository`, whosever it is; Create
  // when there is none. Of two callers at the same time one gets kConflict.
  virtual Result<Repository> Adopt(Repository repository, std::string_view lease_owner,
                                   const Actor& actor, Timestamp now) = 0;
  virtual Result<Repository> Get(std::string_view id) = 0;
  // Oldest first.
  virtual Result<std::vector<Repository>> List(const RepositoryFilter& filter) = 0;

  // ready or failed -> configuring; blocks the enabled templates.
  virtual Result<Repository> BeginSync(std::string_view id, std::string_view lease_owner,
                                       const Actor& actor, Timestamp now) = 0;
  virtual Result<Repository> BeginEdit(std::string_view id, const RepositoryEdit& edit,
                                       std::string_view lease_owner, const Actor& actor,
                                       Timestamp now) = 0;
  // Keeps a configuration from being taken for a dead one.
  virtual Status Renew(std::string_view id, std::string_view lease_owner, Timestamp now) = 0;

  // configuring -> ready. Templates are matched by local id: those that were there keep id and
  // `disabled`, blocked ones are enabled again, new ones are added, missing ones are removed and
  // their pending reports fail.
  virtual Result<Repository> Accept(std::string_view id, std::string_view lease_owner,
                                    const Configured& configured, Timestamp now) = 0;
  // configuring -> failed. Templates stay blocked, their pending reports fail.
  virtual Result<Repository> Reject(std::string_view id, std::string_view lease_owner,
                                    std::string_view notes, Timestamp now) = 0;

  // The templates go with it, pending reports fail, all others stay.
  virtual Status Delete(std::string_view id, const Actor& actor, Timestamp now) = 0;

  // Rejects the configurations whose process is gone; the number of them.
  virtual Result<int> RecoverInterrupted(Timestamp now) = 0;
};

class SqlRepositoryStore final : public RepositoryStore {
 public:
  explicit SqlRepositoryStore(store::Database& database) : database_(database) {}

  Result<Repository> Create(Repository repository, std::string_view lease_owner, const Actor& actor,
                            Timestamp now) override;
  Result<Repository> Adopt(Repository repository, std::string_view lease_owner, const Actor& actor,
                           Timestamp now) override;
  Result<Repository> Get(std::string_view id) override;
  Result<std::vector<Repository>> List(const RepositoryFilter& filter) override;
  Result<Repository> BeginSync(std::string_view id, std::string_view lease_owner,
                               const Actor& actor, Timestamp now) override;
  Result<Repository> BeginEdit(std::string_view id, const RepositoryEdit& edit,
                               std::string_view lease_owner, const Actor& actor,
                               Timestamp now) override;
  Status Renew(std::string_view id, std::string_view lease_owner, Timestamp now) override;
  Result<Repository> Accept(std::string_view id, std::string_view lease_owner,
                            const Configured& configured, Timestamp now) override;
  Result<Repository> Reject(std::string_view id, std::string_view lease_owner,
                            std::string_view notes, Timestamp now) override;
  Status Delete(std::string_view id, const Actor& actor, Timestamp now) override;
  Result<int> RecoverInterrupted(Timestamp now) override;

 private:
  store::Database& database_;
};

}  // namespace carrel::report
