// The calls below /usage, as a client makes them, and the same through the broker of a report.
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>

#include "runtime/api/api.h"
#include "runtime/api/local_connection.h"
#include "runtime/report/broker.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using usage::FileState;
using usage::UsageFile;

class UsageApiTest : public usage::UsageTest {
 protected:
  void SetUp() override {
    UsageTest::SetUp();
    api_.emplace(
        Services{.database = *database_,
                 .usage = *service_,
                 .closing = *closing_,
                 .files = *files_,
                 .process =
                     [this](const std::string& id) {
                       if (is_out_of_memory_) throw std::bad_alloc();
                       EXPECT_TRUE(service_->Process(id));
                     },
                 .log = [this](const std::string& id,
                               const Error& error) { log_.push_back(id + " " + error.message); }});
  }

  Response Do(std::string method, std::string path, const catalog::Account& account,
              const Json& body = {}) {
    Request request;
    request.method = std::move(method);
    const size_t mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    if (!body.is_null()) request.body = body.dump();
    request.account = account;
    request.origin = "test";
    return api_->Answer(std::move(request));
  }

  Response Send(const std::string& path, const std::string& field, std::string_view text,
                const catalog::Account& account) {
    Request request;
    request.method = "POST";
    const size_t mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.parts.push_back({field, "sheet.csv", UniqueFd(OpenText(text))});
    request.account = account;
    return api_->Answer(std::move(request));
  }

  static Json Body(const Response& response) { return ParseJson(response.body).value_or(Json()); }
  static std::string Header(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers) {
      if (known == name) return value;
    }
    return "";
  }
  // Of a body that is a file.
  std::string FileOf(const Response& response) {
    const UniqueFd copy(OpenText(""));
    EXPECT_TRUE(response.file && CopyAll(response.file.get(), copy.get()));
    return ReadFile(fmt::format("/proc/self/fd/{}", copy.get())).value_or("");
  }
  static std::string ErrorCode(const Response& response) {
    return JsonString(Body(response), "error_code");
  }

  std::optional<Api> api_;
  std::vector<std::string> log_;
  bool is_out_of_memory_ = false;
};

TEST_F(UsageApiTest, AFileGoesItsWholeWay) {
  const Response created = Do("POST", "/usage/files", vendor_,
                              {{"name", "November"},
                               {"product", {{"id", "PRD-100-200-300"}}},
                               {"contract", {{"id", "CRD-10000-20000-30000"}}},
                               {"period", {{"from", "2026-11-01"}, {"to", "2026-11-30"}}}});
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string id = Body(created)["id"];
  const std::string path = "/usage/files/" + id;
  source_.rows = GoodRows();
  EXPECT_EQ(Send(path + "/upload", "usage_file", "rows", vendor_).status, 202);
  EXPECT_EQ(Body(Do("GET", path, vendor_))["status"], "ready");
  EXPECT_EQ(Body(Do("PUT", path, vendor_, {{"note", "all of it"}}))["note"], "all of it");
  EXPECT_EQ(Body(Do("POST", path + "/submit", vendor_))["status"], "pending");
  EXPECT_EQ(Body(Do("POST", path + "/accept", distributor_,
                    {{"acceptance_note", "as agreed"}}))["status"],
            "accepted");
  const std::string record = Body(Do("GET", "/usage/records?limit=1", distributor_))[0]["id"];
  const Response closed = Do("POST", "/usage/records/" + record + "/close", distributor_,
                             {{"external_billing_id", "INV-1"}});
  EXPECT_EQ(closed.status, 200) << closed.body;
  EXPECT_EQ(Body(closed)["external_billing_id"], "INV-1");
  const Response rest =
      Send(path + "/reconciliation", "recon_file",
           "record_id,external_billing_id\n" +
               Body(Do("GET", "/usage/records?status=approved", distributor_))[0]["record_id"]
                   .get<std::string>() +
               ",INV-2\n",
           distributor_);
  EXPECT_EQ(rest.status, 200) << rest.body;
  EXPECT_EQ(Body(Do("GET", path, vendor_))["status"], "closed");
  EXPECT_EQ(Body(Do("GET", "/usage/aggregates", vendor_)).size(), 2U);
  EXPECT_EQ(Body(Do("GET", "/usage/chunks?status=closed", distributor_)).size(), 2U);
  EXPECT_EQ(Body(Do("GET", path + "/categories", vendor_))[0]["id"], "c1");
  const Response download = Do("GET", path + "/download?kind=uploaded", vendor_);
  EXPECT_EQ(download.status, 200);
  EXPECT_TRUE(download.file);
  EXPECT_THAT(Header(download, "content-disposition"), HasSubstr("filename=\"sheet.csv\""));
}

TEST_F(UsageApiTest, ListsTellTheirRange) {
  InState(FileState::kReady);
  InState(FileState::kReady);
  InState(FileState::kDraft);
  const Response all = Do("GET", "/usage/files?status=ready", vendor_);
  EXPECT_EQ(Header(all, "content-range"), "items 0-1/2");
  EXPECT_EQ(Body(all).size(), 2U);
  EXPECT_EQ(Header(Do("GET", "/usage/files?limit=1&offset=1", vendor_), "content-range"),
            "items 1-1/3");
  EXPECT_EQ(Header(Do("GET", "/usage/files?limit=0", vendor_), "content-range"), "items 0-0/3");
  EXPECT_EQ(Header(Do("GET", "/usage/files", other_vendor_), "content-range"), "items 0-0/0");
  EXPECT_EQ(Body(Do("GET", "/usage/files?offset=9", vendor_)), Json::array());
  // As clients write it on the wire.
  const Response quoted =
      Do("GET", "/usage/files?in(status,(ready,draft))&eq(name,%22November%22)&ordering(-id)",
         vendor_);
  EXPECT_EQ(Body(quoted).size(), 3U);
  const Json hidden = Body(Do("GET", "/usage/files?select(-events,-period)&limit=1", vendor_))[0];
  EXPECT_FALSE(hidden.contains("events"));
}

TEST_F(UsageApiTest, ErrorsHaveCodesAndEveryFault) {
  const UsageFile file = InState(FileState::kDraft);
  const std::string path = "/usage/files/" + file.id;
  const Response query = Do("GET", "/usage/files?eq(stauts,ready)&gt(name,x)", vendor_);
  EXPECT_EQ(query.status, 400);
  EXPECT_EQ(Body(query)["error_code"], "VAL_001");
  ASSERT_THAT(Body(query)["errors"], SizeIs(2));
  EXPECT_THAT(Body(query)["errors"][0].get<std::string>(), HasSubstr("did you mean 'status'?"));
  const Response state = Do("POST", path + "/submit", vendor_);
  EXPECT_EQ(state.status, 409);
  EXPECT_EQ(Body(state), (Json{{"error_code", "STATE_001"},
                               {"errors",
                                {"'submit' is not possible for a draft usage file; possible now: "
                                 "edit, upload, delete"}}}));
  EXPECT_EQ(Do("GET", path, other_vendor_).status, 404);
  EXPECT_EQ(ErrorCode(Do("GET", path, other_vendor_)), "GEN_404");
  EXPECT_EQ(Do("GET", "/usage/nothing", vendor_).status, 404);
  EXPECT_EQ(Do("DELETE", "/usage/files", vendor_).status, 405);
  EXPECT_EQ(Do("POST", path + "/upload", vendor_).status, 400);
  EXPECT_EQ(Send(path + "/upload", "usage_file", std::string(1001, 'x'), vendor_).status, 413);
  EXPECT_EQ(Do("GET", path + "/download", vendor_).status, 404);
  EXPECT_EQ(Do("GET", path + "/download?kind=magic", vendor_).status, 400);
  Request broken;
  broken.method = "POST";
  broken.path = "/usage/files";
  broken.body = "{";
  broken.account = vendor_;
  EXPECT_EQ(api_->Answer(std::move(broken)).status, 400);
  const UsageFile pending = InState(FileState::kPending);
  const Response denied =
      Do("POST", "/usage/files/" + pending.id + "/accept", vendor_, {{"acceptance_note", "x"}});
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(ErrorCode(denied), "AUTH_001");
  EXPECT_TRUE(log_.empty());
}

TEST_F(UsageApiTest, WhatIsOurFaultIsLoggedAndNotTold) {
  const UsageFile file = InState(FileState::kReady);
  ASSERT_TRUE(std::filesystem::remove(directory_->path() / "usage" / file.id / file.upload.stored));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "UPDATE usage_files SET events = 'broken{' WHERE id = ?",
                          file.id);
  }));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "DROP TABLE usage_chunks");
  }));
  const Response response = Do("GET", "/usage/chunks", vendor_);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(ErrorCode(response), "SYS_001");
  EXPECT_THAT(response.body, testing::Not(HasSubstr("usage_chunks")));
  ASSERT_THAT(log_, SizeIs(1));
  EXPECT_THAT(log_[0], HasSubstr("usage_chunks"));
  const std::string told = Body(response)["errors"][0];
  EXPECT_EQ("internal error " + log_[0].substr(0, log_[0].find(' ')), told);
}

TEST_F(UsageApiTest, AnExceptionEndsItsCallAlone) {
  const UsageFile file = Draft();
  is_out_of_memory_ = true;
  const Response response =
      Send("/usage/files/" + file.id + "/upload", "usage_file", "rows", vendor_);
  EXPECT_EQ(response.status, 500);
  ASSERT_THAT(log_, SizeIs(1));
  EXPECT_THAT(log_[0], testing::EndsWith(" out of memory"));
  EXPECT_EQ(Do("GET", "/usage/files/" + file.id, vendor_).status, 200);
}

TEST_F(UsageApiTest, ManyRecordsAreClosedEachForItself) {
  const UsageFile file = InState(FileState::kAccepted);
  const Response some =
      Do("POST", "/usage/records/close-records", distributor_,
         Json::array({{{"id", usage::RecordId(file.id, 1)}, {"external_billing_id", "INV-1"}},
                      {{"id", "UR-0"}, {"external_billing_id", "INV-2"}}}));
  EXPECT_EQ(some.status, 206);
  EXPECT_EQ(Body(some)["closed"], 1);
  EXPECT_EQ(Body(some)["results"][0]["status"], "closed");
  EXPECT_EQ(Body(some)["results"][1]["status"], "refused");
  const std::string last = usage::RecordId(file.id, 2);
  EXPECT_EQ(
      Do("POST", "/usage/records/" + last + "/close", vendor_, {{"external_billing_id", "INV-1"}})
          .status,
      403);
  EXPECT_EQ(Do("POST", "/usage/records/" + last + "/close", distributor_, Json::object()).status,
            400);
  EXPECT_EQ(Do("POST", "/usage/records/UR-0/close", distributor_, Json::object()).status, 404);
}

TEST_F(UsageApiTest, AReconciliationReportsEveryFault) {
  const UsageFile file = InState(FileState::kAccepted);
  const std::string path = "/usage/files/" + file.id + "/reconciliation";
  const std::string rows = "id,external_billing_id,external_billing_note,status\n" +
                           usage::RecordId(file.id, 1) + ",INV-1,first,closed\nUR-0,INV-2,,\n";
  const Response refused = Send(path, "recon_file", rows, distributor_);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(Body(refused)["closed"], 0);
  EXPECT_EQ(Body(refused)["results"][1]["row"], 3);
  EXPECT_EQ(Reload(file.id).counts.closed, 0);
  EXPECT_EQ(Send(path + "?partial=true", "recon_file", rows, distributor_).status, 206);
  EXPECT_EQ(Reload(file.id).counts.closed, 1);
  EXPECT_EQ(Send(path, "recon_file", "id,what\n", distributor_).status, 400);
  EXPECT_EQ(Send(path, "recon_file", "external_billing_id\nx\n", distributor_).status, 400);
  EXPECT_EQ(Send(path, "recon_file", "", distributor_).status, 400);
}

TEST_F(UsageApiTest, ATemplateHasTheColumnsOfItsProduct) {
  const std::string path = "/usage/products/PRD-100-200-300/template";
  const Response plain = Do("GET", path + "?format=csv", vendor_);
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(FileOf(plain), testing::StartsWith("record_id,item_search_criteria"));
  const Response priced = Do("GET", "/usage/products/PRD-100-200-301/template?format=csv", vendor_);
  EXPECT_THAT(FileOf(priced), HasSubstr("amount,tier"));
  const Response workbook = Do("GET", path, vendor_);
  EXPECT_THAT(FileOf(workbook), testing::StartsWith("PK"));
  EXPECT_THAT(Header(workbook, "content-type"), HasSubstr("spreadsheetml.sheet"));
  EXPECT_THAT(Header(workbook, "content-disposition"), HasSubstr("\"PRD-100-200-300.xlsx\""));
  EXPECT_EQ(Do("GET", path, other_vendor_).status, 404);
  EXPECT_EQ(Do("GET", path + "?format=pdf", vendor_).status, 400);
}

TEST_F(UsageApiTest, GeneratedFilesAreSentToThoseTheyAreFor) {
  const UsageFile file = InState(FileState::kAccepted);
  const std::string path = "/usage/files/" + file.id + "/download?kind=";
  for (const std::string kind : {"distributor", "reconciliation"}) {
    const Response sent = Do("GET", path + kind, distributor_);
    ASSERT_EQ(sent.status, 200) << sent.body;
    EXPECT_THAT(FileOf(sent), testing::StartsWith("PK"));
    EXPECT_THAT(Header(sent, "content-disposition"), HasSubstr(file.id + "-" + kind + ".xlsx"));
    EXPECT_EQ(ErrorCode(Do("GET", path + kind, vendor_)), "AUTH_001");
  }
  EXPECT_EQ(Do("GET", path + "processed", distributor_).status, 403);
  const UsageFile pending = InState(FileState::kPending);
  EXPECT_EQ(Do("GET", "/usage/files/" + pending.id + "/download?kind=reconciliation", distributor_)
                .status,
            409);
  const std::string chunk = Body(Do("GET", "/usage/chunks", distributor_))[0]["id"];
  EXPECT_THAT(FileOf(Do("GET", "/usage/chunks/" + chunk + "/download", distributor_)),
              testing::StartsWith("PK"));
  EXPECT_EQ(Do("GET", "/usage/chunks/" + chunk + "/download", vendor_).status, 403);
  EXPECT_EQ(Do("GET", "/usage/chunks/UFC-0/download", distributor_).status, 404);
}

TEST_F(UsageApiTest, RulesAreWrittenByThoseWhoJudge) {
  const std::string path = "/products/PRD-100-200-300/usage/rules";
  const Json rules = Json::array({{{"action", "accept"}, {"scope", "file"}, {"rule", ""}}});
  EXPECT_EQ(Do("PUT", path, vendor_, rules).status, 403);
  EXPECT_EQ(Do("PUT", path, reseller_, rules).status, 403);
  EXPECT_EQ(Do("PUT", path, distributor_, rules).status, 200);
  EXPECT_EQ(Body(Do("GET", path, vendor_)), rules);
  EXPECT_EQ(Do("GET", path, other_vendor_).status, 404);
  const Json faulty = Json::array({{{"action", "accept"}, {"scope", "file"}, {"rule", "x=1"}}});
  EXPECT_EQ(Do("PUT", path, distributor_, faulty).status, 400);
  EXPECT_EQ(Body(Do("GET", path, vendor_)), rules);
}

TEST_F(UsageApiTest, SubscriptionsHaveWhatTheirClientsRead) {
  const Json asset = Body(Do("GET", "/subscriptions/assets/AS-1000-2000-0001", distributor_));
  EXPECT_EQ(asset["status"], "active");
  EXPECT_EQ(asset["external_id"], "7001");
  EXPECT_EQ(asset["external_uid"], "uid-001");
  EXPECT_EQ(asset["product"], (Json{{"id", "PRD-100-200-300"}, {"name", "Orchid Compute"}}));
  EXPECT_EQ(asset["connection"],
            (Json{{"type", "production"},
                  {"provider", {{"id", "PA-100-200"}, {"name", "Harbour Distribution"}}},
                  {"vendor", {{"id", "VA-111-222"}, {"name", "Orchid Cloud"}}},
                  {"hub", {{"id", "HB-1000-0002"}, {"name", "Harbour Hub North"}}}}));
  EXPECT_EQ(asset["tiers"]["customer"],
            (Json{{"id", "TA-0-0001"}, {"name", "Customer 1"}, {"external_id", ""}}));
  EXPECT_FALSE(asset["tiers"].contains("tier2"));
  EXPECT_EQ(asset["marketplace"]["id"], "MP-10001");
  EXPECT_EQ(asset["contract"]["id"], "CRD-10000-20000-30000");
  EXPECT_EQ(asset["params"][1], (Json{{"id", "tenant_id"}, {"value", "tenant-001"}}));
  for (const char* event : {"created", "updated"}) {
    EXPECT_THAT(asset["events"][event]["at"].get<std::string>(),
                testing::MatchesRegex("....-..-..T..:..:..[+]00:00"));
  }
}

TEST_F(UsageApiTest, SubscriptionsAreSeenByTheirParties) {
  const auto range = [&](const catalog::Account& account, const std::string& query) {
    return Header(Do("GET", "/subscriptions/assets?" + query, account), "content-range");
  };
  EXPECT_EQ(range(admin_, "limit=0"), "items 0-0/12");
  EXPECT_EQ(range(distributor_, "limit=0"), "items 0-0/12");
  EXPECT_EQ(range(vendor_, "limit=0"), "items 0-0/12");
  EXPECT_EQ(range(reseller_, "limit=0"), "items 0-0/10");  // two are of a contract without one
  EXPECT_EQ(range(other_vendor_, "limit=0"), "items 0-0/0");
  EXPECT_EQ(Do("GET", "/subscriptions/assets/AS-1000-2000-0001", other_vendor_).status, 404);
  EXPECT_EQ(Do("GET", "/subscriptions/assets/AS-1000-2000-0005", reseller_).status, 404);
  EXPECT_EQ(Do("GET", "/subscriptions/assets/AS-0", admin_).status, 404);
  EXPECT_EQ(range(reseller_, "eq(id,AS-1000-2000-0005)"), "items 0-0/0");
}

TEST_F(UsageApiTest, SubscriptionsAreFoundAndComeInAStableOrder) {
  const auto ids = [&](const std::string& query) {
    std::string out;
    for (const Json& asset : Body(Do("GET", "/subscriptions/assets?" + query, distributor_))) {
      out += asset["id"].get<std::string>().substr(15) + " ";
    }
    return out;
  };
  EXPECT_EQ(ids("and(eq(status,active),in(product.id,(PRD-100-200-301,PRD-0)))&limit=500&offset=0"),
            "03 06 09 12 ");
  EXPECT_EQ(ids("eq(status,active)&limit=4&offset=0"), "01 02 03 04 ");
  EXPECT_EQ(ids("eq(status,active)&limit=4&offset=8"), "10 11 12 ");
  EXPECT_EQ(ids("eq(connection.type,test)"), "12 ");
  EXPECT_EQ(ids("connection.hub.id=HB-1000-0001&ordering(-id)&limit=2"), "12 10 ");
  EXPECT_EQ(ids("tiers.customer.id=TA-0-0003"), "03 ");
  EXPECT_EQ(ids("gt(events.created.at,2200-01-01)"), "");
  EXPECT_EQ(ids("search=uid-007"), "07 ");
  EXPECT_EQ(Do("GET", "/subscriptions/assets?eq(colour,red)", distributor_).status, 400);
  EXPECT_EQ(Do("POST", "/subscriptions/assets", distributor_).status, 405);
}

// As a report sends it: three ways to say "and", an encoded |, times with an offset.
TEST_F(UsageApiTest, RecordsAreFoundByTheQueriesOfExistingReports) {
  const UsageFile file = InState(FileState::kAccepted);
  const auto total = [&](const std::string& asset, const std::string& from, const std::string& to) {
    return Header(Do("GET",
                     "/usage/records?eq(asset.id," + asset +
                         "),in(status,(approved,closed)),(and(ge(start_date," + from +
                         "),lt(start_date," + to + "))%7Cand(ge(end_date," + from +
                         "),lt(end_date," + to + ")))&limit=500&offset=0",
                     distributor_),
                  "content-range");
  };
  const std::string before = "2026-10-01T00:00:00+00:00";
  const std::string after = "2026-12-01T00:00:00+00:00";
  EXPECT_EQ(total("AS-1000-2000-0001", before, after), "items 0-0/1");
  EXPECT_EQ(total("AS-1000-2000-0003", before, after), "items 0-0/0");
  // From midnight to one o'clock.
  EXPECT_EQ(total("AS-1000-2000-0001", before, "2026-11-01T00:00:00+00:00"), "items 0-0/0");
  EXPECT_EQ(total("AS-1000-2000-0001", before, "2026-11-01T00:00:01+00:00"), "items 0-0/1");
  EXPECT_EQ(total("AS-1000-2000-0001", before, "2026-11-01T01:30:00+02:00"), "items 0-0/0");
  EXPECT_EQ(total("AS-1000-2000-0001", "2026-11-01T00:30:00+00:00", after), "items 0-0/1");
  EXPECT_EQ(total("AS-1000-2000-0001", "2026-11-01T02:00:00+00:00", after), "items 0-0/0");
  const Json record = Body(Do("GET", "/usage/records?asset.external_uid=uid-001", vendor_))[0];
  EXPECT_EQ(record["status"], "approved");
  EXPECT_EQ(record["asset"]["external_uid"], "uid-001");
  EXPECT_EQ(record["asset"]["tiers"]["customer"]["external_id"], "");
  EXPECT_EQ(record["item"]["local_id"], "cpu");
  EXPECT_EQ(record["usagefile"]["id"], file.id);
  EXPECT_EQ(record["usagefile"]["schema"], "qt");
  EXPECT_EQ(Header(Do("GET", "/usage/records?usagefile.schema=tr", vendor_), "content-range"),
            "items 0-0/0");
}

TEST_F(UsageApiTest, ChunksAndReconciliationsAreSeenAndMoved) {
  const UsageFile file = InState(FileState::kAccepted);
  const std::string chunk = "/usage/chunks/UFC" + file.id.substr(2) + "-001";
  EXPECT_EQ(Body(Do("GET", chunk, distributor_))["status"], "ready");
  EXPECT_EQ(Do("POST", chunk + "/fail", distributor_).status, 400);
  EXPECT_EQ(Do("POST", chunk + "/fail", vendor_, {{"note", "no"}}).status, 403);
  EXPECT_EQ(Do("POST", chunk + "/retry", distributor_).status, 409);
  EXPECT_EQ(Body(Do("POST", chunk + "/fail", distributor_, {{"note", "away"}}))["note"], "away");
  EXPECT_EQ(Header(Do("GET", "/usage/chunks?status=failed", distributor_), "content-range"),
            "items 0-0/1");
  EXPECT_EQ(Body(Do("POST", chunk + "/retry", distributor_))["status"], "ready");
  EXPECT_EQ(Do("GET", chunk, other_vendor_).status, 404);
  const Response sent = Send("/usage/files/" + file.id + "/reconciliation", "recon_file",
                             "id,external_billing_id\nUR-0,INV-2\nUR-1,INV-3\n", distributor_);
  const std::string one = "/usage/reconciliations/" + Body(sent)["id"].get<std::string>();
  EXPECT_EQ(Body(Do("GET", one, distributor_))["status"], "refused");
  EXPECT_EQ(Body(Do("GET", one, distributor_))["name"], "sheet.csv");
  const Response errors = Do("GET", one + "/errors?gt(row,2)&limit=1", distributor_);
  EXPECT_EQ(Header(errors, "content-range"), "items 0-0/1");
  EXPECT_EQ(Body(errors)[0]["record"], "UR-1");
  EXPECT_EQ(Header(Do("GET", "/usage/reconciliations?status=refused", vendor_), "content-range"),
            "items 0-0/1");
  EXPECT_EQ(Do("GET", one, other_vendor_).status, 404);
  EXPECT_EQ(Do("GET", one + "/errors", other_vendor_).status, 404);
}

TEST_F(UsageApiTest, AQueryBeyondItsLimitsIsAFaultOfTheQuery) {
  std::string deep = "status=ready";
  for (int i = 0; i < 40; ++i) deep = "not(" + deep + ")";
  const Response nested = Do("GET", "/usage/files?" + deep, vendor_);
  EXPECT_EQ(nested.status, 400);
  EXPECT_THAT(nested.body, HasSubstr("deeper than 32 levels"));
  const Response large = Do("GET", "/usage/files?name=" + std::string(70'000, 'x'), vendor_);
  EXPECT_EQ(large.status, 400);
  EXPECT_THAT(large.body, HasSubstr("at most 65536 are taken"));
}

// As a report calls: through the broker, with a placeholder for a key.
class LocalConnectionTest : public UsageApiTest {
 protected:
  void SetUp() override {
    UsageApiTest::SetUp();
    local_.emplace(*api_);
  }

  Result<report::ApiReply> Call(const catalog::Account& owner, std::string method, std::string path,
                                std::string query = "",
                                std::vector<std::string> permitted = {"local"},
                                uint64_t most = uint64_t{10} << 20) {
    report::ConnectionSet connections;
    EXPECT_TRUE(connections.Add(local_->Describe(report::Access::kRead)));
    report::BrokerOptions options;
    options.permitted = std::move(permitted);
    options.placeholder = "ApiKey placeholder:0123456789abcdef";
    options.owner = owner;
    options.limits.max_response_bytes = most;
    report::Broker broker(connections, http_, std::move(options));
    report::ApiCall call;
    call.connection = "local";
    call.method = std::move(method);
    call.path = std::move(path);
    call.query = std::move(query);
    call.headers = {{"Authorization", "ApiKey placeholder:0123456789abcdef"}};
    return broker.Call(call);
  }

  net::HttpClient http_{{}};
  std::optional<LocalConnection> local_;
};

TEST_F(LocalConnectionTest, AReportSeesWhatItsOwnerMaySee) {
  const UsageFile file = InState(FileState::kReady);
  const auto own = Call(vendor_, "GET", "usage/records", "eq(usagefile.id," + file.id + ")");
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->status, 200);
  EXPECT_EQ(ParseJson(own->body)->size(), 2U);
  const auto range = std::ranges::find(own->headers, "content-range", &net::Header::name);
  ASSERT_NE(range, own->headers.end());
  EXPECT_EQ(range->value, "items 0-1/2");
  const auto other = Call(other_vendor_, "GET", "usage/records");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->body, "[]");
  EXPECT_EQ(Call(distributor_, "GET", "usage/files/" + file.id)->status, 404);
  EXPECT_EQ(Call(vendor_, "GET", "usage/files/" + file.id + "/download")->body, "a spreadsheet");
}

TEST_F(LocalConnectionTest, TheRulesOfEveryConnectionHoldForItToo) {
  const UsageFile file = InState(FileState::kReady);
  const auto write = Call(vendor_, "POST", "usage/files/" + file.id + "/submit");
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().code, Code::kDenied);
  EXPECT_EQ(Reload(file.id).status, FileState::kReady);
  const auto unnamed = Call(vendor_, "GET", "usage/files", "", {"other"});
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().code, Code::kDenied);
  const auto large = Call(vendor_, "GET", "usage/records", "", {"local"}, 100);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::api
