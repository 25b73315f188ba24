#include "runtime/catalog/import.h"

#include "tests/unit/catalog/catalog_fixture.h"

namespace carrel::catalog {
namespace {

using testing::HasSubstr;

using ImportTest = CatalogTest;

TEST_F(ImportTest, ASecondImportOfTheSameFileChangesNothing) {
  const std::string text = Sample("catalogue.json");
  const ImportReport first = Take(text, Format::kJson);
  EXPECT_EQ(first.counts.created, 31);
  EXPECT_EQ(first.counts.updated, 0);
  EXPECT_TRUE(first.refused.empty());
  const ImportReport second = Take(text, Format::kJson);
  EXPECT_EQ(second.counts.created, 0);
  EXPECT_EQ(second.counts.updated, 0);
  EXPECT_EQ(second.counts.unchanged, 31);
}

TEST_F(ImportTest, CsvNamesPathsInItsHeader) {
  Take(Sample("catalogue.json"), Format::kJson);
  const ImportReport report = Take(Sample("assets.csv"), Format::kCsv, "assets");
  EXPECT_EQ(report.counts.created, 5);
  const auto asset = Get(*database_, RowOf(Kind::kAsset), "AS-3000-4000-0002");
  ASSERT_TRUE(asset);
  EXPECT_EQ((*asset)["tiers"]["customer"]["name"], "Client 2, Ltd");
  EXPECT_EQ((*asset)["parameters"], (Json{{"tenant_id", "fern-2"}}));
  EXPECT_EQ((*asset)["hub"], (Json{{"id", "HB-1000-0001"}, {"name", "Harbour Hub"}}));
  EXPECT_EQ(Take(Sample("assets.csv"), Format::kCsv, "assets").counts.unchanged, 5);
}

TEST_F(ImportTest, WhatARowLeavesOutStaysAndNullEmptiesIt) {
  Take(Sample("catalogue.json"), Format::kJson);
  const ImportReport report =
      Take(R"([{"id": "AS-1000-2000-0001", "external_uid": null, "hub": null,
                "parameters": {"tenant_id": "moved"}}])",
           Format::kJson, "assets");
  EXPECT_EQ(report.counts.updated, 1);
  const auto asset = Get(*database_, RowOf(Kind::kAsset), "AS-1000-2000-0001");
  ASSERT_TRUE(asset);
  EXPECT_EQ((*asset)["external_id"], "7001");
  EXPECT_EQ((*asset)["external_uid"], "");
  EXPECT_TRUE((*asset)["hub"].is_null());
  EXPECT_EQ((*asset)["parameters"], (Json{{"tenant_id", "moved"}}));
}

TEST_F(ImportTest, AColumnOfOneParameterLeavesTheOthers) {
  Take(Sample("catalogue.json"), Format::kJson);
  const auto parameters = [&] {
    return (*Get(*database_, RowOf(Kind::kAsset), "AS-1000-2000-0001"))["parameters"];
  };
  const ImportReport one =
      Take("id,parameters.tenant_id\nAS-1000-2000-0001,new\n", Format::kCsv, "assets");
  EXPECT_EQ(one.counts.updated, 1);
  EXPECT_EQ(parameters(), (Json{{"tenant_id", "new"}, {"project", "project-1"}}));
  const ImportReport none =
      Take("id,parameters.tenant_id,parameters.project\nAS-1000-2000-0001,new,\n", Format::kCsv,
           "assets");
  EXPECT_EQ(none.counts.unchanged, 1) << "an empty cell says nothing";
  const ImportReport nameless =
      Take("id,parameters.\nAS-1000-2000-0001,new\n", Format::kCsv, "assets");
  EXPECT_EQ(nameless.refused.size(), 1U);
  EXPECT_EQ(parameters(), (Json{{"tenant_id", "new"}, {"project", "project-1"}}));
}

TEST_F(ImportTest, ARefusedRowIsNamedAndTheOthersAreStored) {
  const ImportReport report = Take(R"({"accounts": [{"id": "VA-1", "name": "One", "role": "vendor"},
                            {"id": "VA-2", "name": "Two", "role": "owner"},
                            {"id": "PA-3", "name": "Three", "role": "provider"},
                            {"id": "RA-4", "name": "Four", "role": "reseller"}]})",
                                   Format::kJson);
  EXPECT_EQ(report.counts.created, 2);
  ASSERT_EQ(report.refused.size(), 2U);
  EXPECT_EQ(report.refused[0].row, 2U);
  EXPECT_EQ(report.refused[0].id, "VA-2");
  EXPECT_THAT(report.refused[0].reason, HasSubstr("role: 'owner' is none of vendor"));
  EXPECT_TRUE(Get(*database_, RowOf(Kind::kAccount), "RA-4"));
  EXPECT_FALSE(Get(*database_, RowOf(Kind::kAccount), "VA-2"));
}

TEST_F(ImportTest, EveryReasonForARefusalNamesThePart) {
  Take(Sample("catalogue.json"), Format::kJson);
  EXPECT_THAT(Refusal(R"([{"name": "x"}])", "hubs"), HasSubstr("id is missing"));
  EXPECT_THAT(Refusal(R"([{"id": "H-1", "name": "x"}])", "hubs"), HasSubstr("begins with HB-"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1 2", "name": "x"}])", "hubs"), HasSubstr("letters, digits"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1"}])", "hubs"), HasSubstr("name: is missing"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1", "nmae": "x"}])", "hubs"),
              HasSubstr("nmae: a hub has no such field"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1", "name": ["x"]}])", "hubs"), HasSubstr("expected a text"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1", "name": "x", "account": {"id": "VA-0"}}])", "hubs"),
              HasSubstr("account: there is no account 'VA-0'"));
  EXPECT_THAT(Refusal(R"([{"id": "HB-1", "name": "a\u0000b"}])", "hubs"),
              HasSubstr("control character"));
  EXPECT_THAT(Refusal(R"([{"id": "VA-9", "name": "x", "role": "reseller"}])", "accounts"),
              HasSubstr("vendors, and only they, begin with VA-"));
  EXPECT_THAT(
      Refusal(R"([{"id": "PRD-100-200-300-0001", "product": {"id": "PRD-100-200-301"}}])", "items"),
      HasSubstr("the product of an item never changes"));
  EXPECT_THAT(Refusal(R"([{"id": "PRD-9-0001", "product": {"id": "PRD-100-200-300"}, "mpn": "q",
                           "name": "n", "precision": "integer", "type": "ppu"}])",
                      "items"),
              HasSubstr("begins with 'PRD-100-200-300-'"));
  EXPECT_THAT(Refusal(R"([{"id": "PRD-100-200-300-0009", "product": {"id": "PRD-100-200-300"},
                   "mpn": "OC-SEAT", "name": "n", "precision": "integer", "type": "ppu"}])",
                      "items"),
              HasSubstr("mpn: 'OC-SEAT' is that of PRD-100-200-300-0003 already"));
}

TEST_F(ImportTest, AFileThatCannotBeReadStoresNothing) {
  const auto fault = [&](std::string_view text, Format format, std::string_view kind = "") {
    const auto report = Import(*database_, text, format, KindNamed(kind));
    return report ? "none" : report.error().message;
  };
  EXPECT_THAT(fault("{", Format::kJson), HasSubstr("line 1"));
  EXPECT_THAT(fault("[]", Format::kJson), HasSubstr("name the kind"));
  EXPECT_THAT(fault(R"({"asset": []})", Format::kJson), HasSubstr("did you mean 'assets'?"));
  EXPECT_THAT(fault(R"({"assets": {}})", Format::kJson), HasSubstr("expected a list"));
  EXPECT_THAT(
      fault(R"({"accounts": [{"id": "RA-1", "name": "x", "role": "reseller"}, 5]})", Format::kJson),
      HasSubstr("entry 2 is 5"));
  EXPECT_THAT(fault("id,name\nHB-1,x", Format::kCsv), HasSubstr("of one kind"));
  EXPECT_THAT(fault("", Format::kCsv, "hubs"), HasSubstr("empty"));
  EXPECT_THAT(fault("id,id\na,b", Format::kCsv, "hubs"), HasSubstr("a column twice"));
  EXPECT_THAT(fault("id,name\n\nHB-1", Format::kCsv, "hubs"), HasSubstr("line 3: 1 cells"));
  EXPECT_THAT(fault("id,name\nHB-1,\"x", Format::kCsv, "hubs"), HasSubstr("never closed"));
  EXPECT_THAT(fault("id,name\nHB-1,\"x\"y", Format::kCsv, "hubs"), HasSubstr("after a closing"));
  EXPECT_EQ(List(*database_, RowOf(Kind::kAccount), "")->total, 0);
}

TEST_F(ImportTest, AssetsKnowWhenTheyCameAndWhenTheyChanged) {
  Take(Sample("catalogue.json"), Format::kJson);
  const auto import = [&](std::string_view text, std::string_view now) {
    const auto report =
        Import(*database_, text, Format::kJson, KindNamed("assets"), *ParseIso(now));
    EXPECT_TRUE(report && report->refused.empty());
    return report ? report->counts.updated : -1;
  };
  const auto events = [&] {
    const Json shown = (*Get(*database_, RowOf(Kind::kAsset), "AS-9"))["events"];
    return shown["created"]["at"].get<std::string>() + " " +
           shown["updated"]["at"].get<std::string>();
  };
  const std::string asset =
      R"("id": "AS-9", "status": "active", "product": {"id": "PRD-100-200-300"},
         "marketplace": {"id": "MP-10001"}, "contract": {"id": "CRD-10000-20000-30000"},
         "environment": "production")";
  import("[{" + asset + "}]", "2026-01-01T10:00:00.7Z");
  EXPECT_EQ(events(), "2026-01-01T10:00:00+00:00 2026-01-01T10:00:00+00:00");
  EXPECT_EQ(import("[{" + asset + "}]", "2026-01-02T10:00:00Z"), 0);
  EXPECT_EQ(import(R"([{"id": "AS-9", "external_id": "x"}])", "2026-01-03T10:00:00Z"), 1);
  EXPECT_EQ(events(), "2026-01-01T10:00:00+00:00 2026-01-03T10:00:00+00:00");
  const std::string given = R"([{"id": "AS-9", "events": {"created": {"at":
      "2020-05-06T01:02:03.456+02:00"}, "updated": {"at": "2021-05-06T01:02:03Z"}}}])";
  EXPECT_EQ(import(given, "2026-01-04T10:00:00Z"), 1);
  EXPECT_EQ(events(), "2020-05-05T23:02:03+00:00 2021-05-06T01:02:03+00:00");
  EXPECT_EQ(import(given, "2026-01-05T10:00:00Z"), 0);
  EXPECT_THAT(Refusal(R"([{"id": "AS-9", "events": {"created": {"at": "May"}}}])", "assets"),
              HasSubstr("events.created.at: 'May' is not a date-time"));
}

TEST_F(ImportTest, TiersHaveIdsOutside) {
  Take(Sample("catalogue.json"), Format::kJson);
  const std::string csv =
      "id,tiers.customer.external_id,tiers.tier1.external_id\nAS-1000-2000-0001,C-7,R-8\n";
  EXPECT_EQ(Take(csv, Format::kCsv, "assets").counts.updated, 1);
  EXPECT_EQ(Take(csv, Format::kCsv, "assets").counts.unchanged, 1);
  const Json tiers = (*Get(*database_, RowOf(Kind::kAsset), "AS-1000-2000-0001"))["tiers"];
  EXPECT_EQ(tiers["customer"]["external_id"], "C-7");
  EXPECT_EQ(tiers["customer"]["name"], "Customer 1");
  EXPECT_EQ(tiers["tier1"]["external_id"], "R-8");
}

}  // namespace
}  // namespace carrel::catalog
