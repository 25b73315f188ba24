#include "runtime/report/report_service.h"

#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

class ReportServiceTest : public ReportFixture {
 protected:
  ReportServiceTest() { AddRepository(); }
  CreateReport Request() {
    CreateReport request;
    request.template_id = TemplateOf("sales").id;
    request.parameters = Json::array({{{"id", "title"}, {"value", "T"}}});
    return request;
  }
  Result<Report> Create(const CreateReport& request) {
    return Service().Create(Vendor(), "test", request);
  }
};

TEST_F(ReportServiceTest, ACreatedReportIsPendingWithDefaultsFilledIn) {
  CreateReport request = Request();
  request.limits = {{"wall_s", 5}};
  const Report report = Create(request).value();
  EXPECT_EQ(report.status, ReportState::kPending);
  EXPECT_EQ(report.renderer, "csv");
  EXPECT_THAT(report.name, testing::StartsWith("Sales 2020-09-13 "));
  EXPECT_EQ(Get(report.id).parameters,
            Json::array({{{"id", "title"}, {"type", "single_line"}, {"value", "T"}}}));
  EXPECT_EQ(Get(report.id).limits, (Json{{"wall_s", 5}}));
}

TEST_F(ReportServiceTest, NothingWrongIsStored) {
  CreateReport request = Request();
  request.parameters = Json::array({{{"id", "titel"}, {"value", "T"}}});
  EXPECT_THAT(Create(request).error().message, testing::HasSubstr("title"));
  EXPECT_EQ(Create(request).error().code, Code::kInvalid);
  request = Request();
  request.renderer = "jsn";
  EXPECT_EQ(Create(request).error().message,
            "renderer 'jsn' is not one of csv, json; did you mean 'json'?");
  request = Request();
  request.limits = {{"wal_s", 5}};
  EXPECT_EQ(
      Create(request).error().message,
      "limit 'wal_s' is not known, did you mean 'wall_s'?; known: wall_s, idle_s, cpu_s, "
      "memory_mb, output_mb, tmp_mb, threads, files, log_kb, calls, frame_kb, call_s, reply_kb, "
      "received_mb, sent_mb");
  for (const Json& bad : {Json(0), Json(-1), Json("5"), Json(1e300), Json(nullptr)}) {
    request.limits = {{"wall_s", bad}};
    EXPECT_EQ(Create(request).error().code, Code::kInvalid) << bad;
  }
  request = Request();
  request.template_id = "RT-0000-0000-0000";
  EXPECT_EQ(Create(request).error().code, Code::kNotFound);
  EXPECT_EQ(stores_.reports.Count({}).value(), 0);
}

TEST_F(ReportServiceTest, ADisabledTemplateIsAConflict) {
  const std::string id = TemplateOf("sales").id;
  const Actor actor = ActorOf(Vendor(), "t");
  EXPECT_EQ(stores_.templates.Disable(id, "", actor, clock_.Now()).error().code, Code::kInvalid);
  ASSERT_TRUE(stores_.templates.Disable(id, "for now", actor, clock_.Now()));
  EXPECT_EQ(Create(Request()).error().code, Code::kConflict);
  ASSERT_TRUE(stores_.templates.Enable(id, "again", actor, clock_.Now()));
  EXPECT_TRUE(Create(Request()));
}

TEST_F(ReportServiceTest, WhatIsNotYoursDoesNotExist) {
  const Report report = Create(Request()).value();
  const Account other{"VA-2", "Other", Role::kVendor};
  const Account reseller{"RE-1", "Reseller", Role::kReseller};
  ReportService service = Service();
  EXPECT_EQ(service.Get(other, report.id).error().message,
            "report " + report.id + " does not exist");
  EXPECT_EQ(service.List(other, {})->total, 0);
  EXPECT_EQ(service.List(Vendor(), {})->total, 1);
  EXPECT_EQ(service.List(Admin(), {})->reports.size(), 1U);
  EXPECT_EQ(service.Cancel(other, "t", report.id, "").error().code, Code::kNotFound);
  EXPECT_TRUE(service.Create(other, "t", Request())) << "the audience holds its role";
  EXPECT_EQ(service.Create(reseller, "t", Request()).error().code, Code::kNotFound);
}

TEST_F(ReportServiceTest, OnlyAReadyReportIsFetchedAndDeleted) {
  const Report report = Create(Request()).value();
  ReportService service = Service();
  EXPECT_EQ(service.Open(Vendor(), report.id).error().code, Code::kConflict);
  EXPECT_EQ(service.Delete(Vendor(), "t", report.id).error().code, Code::kConflict);
  ASSERT_TRUE(MakeDispatcher()->RunOne(report.id));
  const Download download = service.Open(Vendor(), report.id).value();
  EXPECT_EQ(download.file_name, "sales-" + report.id + ".csv");
  EXPECT_EQ(download.artifact.size, Get(report.id).report_size);
  EXPECT_TRUE(service.Delete(Vendor(), "t", report.id));
  EXPECT_EQ(service.Get(Vendor(), report.id).error().code, Code::kNotFound);
  EXPECT_EQ(Files(), 0);
}

TEST_F(ReportServiceTest, AnAdminCancelsWhatIsPending) {
  const Report report = Create(Request()).value();
  EXPECT_EQ(Service().Cancel(Vendor(), "t", report.id, "").error().code, Code::kDenied);
  EXPECT_TRUE(Service().Cancel(Admin(), "t", report.id, ""));
  EXPECT_EQ(Get(report.id).notes, "cancelled by Admin");
  EXPECT_EQ(MakeDispatcher()->RunOne(report.id).error().code, Code::kConflict);
}

}  // namespace
}  // namespace carrel::report
