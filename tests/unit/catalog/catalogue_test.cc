#include "runtime/catalog/catalogue.h"

#include "runtime/catalog/products.h"
#include "tests/unit/catalog/catalog_fixture.h"

namespace carrel::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class CatalogueTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    Take(Sample("catalogue.json"), Format::kJson);
  }

  std::vector<std::string> Ids(Kind kind, std::string_view query) {
    const auto page = List(*database_, RowOf(kind), query);
    EXPECT_TRUE(page) << page.error().message;
    std::vector<std::string> ids;
    for (const Json& object : page ? page->objects : std::vector<Json>()) {
      ids.push_back(object["id"]);
    }
    return ids;
  }
};

TEST_F(CatalogueTest, EveryKindListsAndShowsWhatWasImported) {
  const Json sample = *ParseJson(Sample("catalogue.json"));
  for (const KindRow& kind : Kinds()) {
    const auto page = List(*database_, kind, "");
    ASSERT_TRUE(page) << kind.plural << ": " << page.error().message;
    const Json& given = sample[std::string(kind.plural)];
    EXPECT_EQ(page->total, static_cast<int64_t>(given.size())) << kind.plural;
    for (const Json& object : given) {
      const auto shown = Get(*database_, kind, object["id"].get<std::string>());
      ASSERT_TRUE(shown);
      // All that was given stands in what is shown, which adds defaults and names of references.
      Json merged = *shown;
      merged.merge_patch(object);
      EXPECT_EQ(merged, *shown) << kind.plural;
    }
  }
}

TEST_F(CatalogueTest, QueriesReachThroughReferences) {
  EXPECT_THAT(Ids(Kind::kItem, "product.name=Orchid Compute&mpn=none"), SizeIs(0));
  EXPECT_THAT(Ids(Kind::kItem, "product.name=Orchid Compute&type=reservation"),
              ElementsAre("PRD-100-200-300-0003"));
  EXPECT_THAT(Ids(Kind::kContract, "reseller.id=null()&ordering(-id)"),
              ElementsAre("CRD-30000-20000-30000", "CRD-10000-20000-30001"));
  EXPECT_THAT(Ids(Kind::kProduct, "capabilities.ppu.dynamic=true"), ElementsAre("PRD-100-200-301"));
  EXPECT_THAT(Ids(Kind::kAsset, "search=CUSTOMER 3"), ElementsAre("AS-1000-2000-0003"));
  EXPECT_THAT(Ids(Kind::kAsset, "limit=2&offset=3"),
              ElementsAre("AS-1000-2000-0004", "AS-1000-2000-0005"));
}

TEST_F(CatalogueTest, WindowsDoNotChangeTheTotal) {
  const auto none = List(*database_, RowOf(Kind::kAsset), "limit=0");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->total, 12);
  EXPECT_THAT(none->objects, SizeIs(0));
  const auto past = List(*database_, RowOf(Kind::kAsset), "offset=50");
  ASSERT_TRUE(past);
  EXPECT_EQ(past->total, 12);
  EXPECT_THAT(past->objects, SizeIs(0));
}

TEST_F(CatalogueTest, FaultsAreTold) {
  const auto page = List(*database_, RowOf(Kind::kAsset), "stauts=active");
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().message, HasSubstr("no field of assets; did you mean 'status'?"));
  const auto missing = Get(*database_, RowOf(Kind::kAsset), "AS-0");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST_F(CatalogueTest, ObjectsComeAsStructs) {
  auto transaction = database_->Begin(store::Access::kWrite);
  ASSERT_TRUE(transaction);
  const auto product = LoadProduct(**transaction, "PRD-100-200-301");
  ASSERT_TRUE(product) << product.error().message;
  EXPECT_EQ(product->vendor.name, "Orchid Cloud");
  EXPECT_TRUE(product->dynamic);
  EXPECT_FALSE(product->late);
  EXPECT_THAT(product->required_custom_fields, ElementsAre("v.region"));
  const auto contract = LoadContract(**transaction, "CRD-10000-20000-30000");
  ASSERT_TRUE(contract);
  EXPECT_EQ(contract->provider.id, "PA-100-200");
  EXPECT_EQ(contract->reseller->id, "RA-500-600");
  EXPECT_EQ(contract->marketplace.name, "Europe");
  const auto assets = LoadAssets(**transaction, {.product_key = product->key,
                                                 .environment = "production",
                                                 .marketplace_key = std::nullopt,
                                                 .contract_key = contract->key});
  ASSERT_TRUE(assets);
  ASSERT_THAT(*assets, SizeIs(3));
  EXPECT_EQ(assets->front().parameters.at("tenant_id"), "tenant-003");
  EXPECT_EQ(LoadAccount(**transaction, "PA-100-200")->role, Role::kDistributor);
  EXPECT_EQ(LoadAccount(**transaction, "PA-0").error().code, Code::kNotFound);
}

TEST_F(CatalogueTest, AnItemThatUsageBroughtGetsTheNextId) {
  auto transaction = database_->Begin(store::Access::kWrite);
  ASSERT_TRUE(transaction);
  const auto product = LoadProduct(**transaction, "PRD-100-200-301");
  ASSERT_TRUE(product);
  const Item item{.key = 0,
                  .id = "",
                  .mpn = "OS-NEW",
                  .local_id = "",
                  .name = "New",
                  .unit = "GB",
                  .precision = "decimal_2",
                  .type = "ppu",
                  .period = "monthly",
                  .usage_file = 0};
  const auto keys = BringItems(**transaction, *product, 7, std::vector{item});
  ASSERT_TRUE(keys) << keys.error().message;
  const auto items = LoadItems(**transaction, product->key);
  ASSERT_TRUE(items);
  ASSERT_THAT(*items, SizeIs(2));
  EXPECT_EQ(items->back().id, "PRD-100-200-301-0002");
  EXPECT_EQ(items->back().key, keys->back());
  EXPECT_EQ(items->back().usage_file, 7);
  EXPECT_EQ(BringItems(**transaction, *product, 8, std::vector{item}).error().code,
            Code::kConflict);
}

TEST_F(CatalogueTest, AProductHasRoomForAsManyItemsAsItsIdsHave) {
  auto transaction = database_->Begin(store::Access::kWrite);
  ASSERT_TRUE(transaction);
  const auto product = LoadProduct(**transaction, "PRD-100-200-301");
  ASSERT_TRUE(product);
  std::vector<Item> items(9'998);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].mpn = "OS-" + std::to_string(i);
    items[i].precision = "integer";
    items[i].type = "ppu";
  }
  ASSERT_TRUE(BringItems(**transaction, *product, 7, items));
  EXPECT_EQ(LoadItems(**transaction, product->key)->back().id, "PRD-100-200-301-9999");
  items.resize(1);
  items[0].mpn = "OS-one-too-many";
  EXPECT_EQ(BringItems(**transaction, *product, 8, items).error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::catalog
