// What a worker does with its job: run one report, or describe the files of a repository.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "sandbox/confinement.h"
#include "sandbox/zygote_server.h"
#include "sdk/worker/language_host.h"

namespace carrel::sdk {

// Job frame, JSON. kind "report":
//   {entrypoint, spec, local_id, report_name, report_description,
//    renderer: {type, template, args}, parameters, endpoint, api_key, connection, default_limit,
//    memory_mb, info: {account_id, account_name, report_id, report_name, environment, start_time}}
//   -> outcome {status: "ok"|"failed", rows, bytes, sha256, failure: {kind, message, traceback,
//    status}}; kind as in ReportFailure, or "output_limit" for a full output or disk
// kind "inspect": {entrypoints: [{file, function}], workbooks: [{file}]}
//   -> outcome {status: "ok", entrypoints: [facts], workbooks: [{readable, error, sheets}]}
class ReportProgram final : public sandbox::WorkerProgram {
 public:
  // `environment` as ReportJob has it.
  explicit ReportProgram(std::unique_ptr<LanguageHost> language,
                         std::filesystem::path environment = {})
      : language_(std::move(language)),
        environment_(std::move(environment)),
        checkout_(sandbox::kCheckoutMount) {}

  void Locate(const sandbox::Places& places) override;
  Status Warm() override;
  void BeforeFork() override { language_->BeforeFork(); }
  void AfterForkInParent() override { language_->AfterForkInParent(); }
  void AfterForkInChild() override { language_->AfterForkInChild(); }
  void Park() override { Rehearse(sandbox::kTmpMount); }
  int Run(int socket, int output_fd) override;

 private:
  void Rehearse(const std::filesystem::path& scratch);
  Json RunJob(const Json& json, int socket, int output_fd);
  Json RunReport(const ReportJob& job, int socket);
  Json Inspect(const Json& job);

  std::unique_ptr<LanguageHost> language_;
  std::filesystem::path environment_;
  std::filesystem::path checkout_;
};

}  // namespace carrel::sdk
