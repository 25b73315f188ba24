#include "runtime/report/package.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

class PackageTest : public ReportFixture {};

std::string Output(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

TEST_F(PackageTest, TheZipHoldsTheFileAndItsSummaryAndIsAlwaysTheSame) {
  AddRepository();
  CreateReport request;
  request.template_id = TemplateOf("sales").id;
  request.name = "Sales \xC3\xA9";
  request.parameters = {{"title", "T"}};
  const std::string id = Service().Create(Vendor(), "t", request)->id;
  executor_.run = [&](const Job& job, RunObserver&, const std::stop_token&) {
    clock_.Advance(std::chrono::seconds(3));
    return WriteResult(job, "content");
  };
  const Report report = MakeDispatcher()->RunOne(id).value();
  const OpenArtifact artifact = stores_.artifacts.Open(report.artifact).value();
  std::vector<std::string> zips;
  for (const char* name : {"one.zip", "two.zip"}) {
    const std::string path = dir_.path() / name;
    const UniqueFd out(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(WritePackage({report, artifact.fd.get(), "report.csv", "carrel", out.get()}));
    zips.push_back(ReadFile(path).value());
  }
  EXPECT_EQ(zips[0], zips[1]);
  const std::string zip = dir_.path() / "one.zip";
  const std::string python = "/usr/bin/python3 -c \"import zipfile,sys; z=zipfile.ZipFile('" + zip +
                             "'); assert z.testzip() is None; sys.stdout.write(";
  EXPECT_EQ(Output(python + "','.join(z.namelist()))\""), "report.csv,summary.json");
  EXPECT_EQ(Output(python + "z.read('report.csv').decode())\""), "content");
  const Json summary = ParseJson(Output(python + "z.read('summary.json').decode())\"")).value();
  EXPECT_EQ(summary["title"], "Report Execution Information");
  EXPECT_EQ(summary["data"]["report_id"], report.id);
  EXPECT_EQ(summary["data"]["report_name"], "Sales \xC3\xA9");
  EXPECT_EQ(summary["data"]["account_name"], "Vendor");
  EXPECT_EQ(summary["data"]["runtime_environment"], "carrel");
  EXPECT_EQ(summary["data"]["report_execution_parameters"], (Json{{"title", "T"}}));
  const Timestamp start = ParseIso(summary["data"]["report_start_time"].get<std::string>()).value();
  const Timestamp end = ParseIso(summary["data"]["report_finish_time"].get<std::string>()).value();
  EXPECT_EQ(end - start, std::chrono::seconds(3));
}

TEST_F(PackageTest, OnlyAWorkbookIsDeliveredBare) {
  EXPECT_EQ(PackagingOf(".xlsx"), Packaging::kBare);
  EXPECT_EQ(PackagingOf(".csv"), Packaging::kZip);
  EXPECT_EQ(PackagingOf(".pdf"), Packaging::kZip);
}

}  // namespace
}  // namespace carrel::report
