// The spreadsheets that are made of usage data: who may have which, and what is in them.
#include "runtime/usage/generated_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/usage/reconciliation_sheet.h"
#include "tests/unit/usage/spreadsheet_fixture.h"
#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

using Table = std::vector<std::vector<std::string>>;

// Every cell as text; numbers begin with '#', dates with '@', errors with '!'.
class TableSink final : public RowSink {
 public:
  Status OnRow(const Row& row) override {
    std::vector<std::string>& line = table.emplace_back();
    for (const Cell& cell : row.cells) {
      const bool is_number = cell.kind == CellKind::kNumber;
      const std::string_view number = cell.date_style ? "@" : "#";
      const std::string_view other = cell.kind == CellKind::kError ? "!" : "";
      line.push_back(fmt::format("{}{}", is_number ? number : other, cell.text));
    }
    return {};
  }

  Table table;
};

constexpr std::string_view kHeader =
    "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
    "asset_search_criteria,asset_search_value,record_note\n";

std::string Line(std::string_view id, std::string_view item, std::string_view quantity,
                 std::string_view asset, std::string_view note = "") {
  return fmt::format("{},item.mpn,{},{},2026-11-01,2026-11-02 10:00:00,asset.id,{},{}\n", id, item,
                     quantity, asset, note);
}

std::string TextXml(std::string_view text) {
  return fmt::format("<c t=\"inlineStr\"><is><t>{}</t></is></c>", text);
}

class GeneratedFilesTest : public SpreadsheetTest {
 protected:
  UsageFile Accepted(std::string_view rows) {
    const UsageFile file = SendText(Draft(), std::string(kHeader) + std::string(rows));
    EXPECT_TRUE(reading_->Submit(vendor_, kOrigin, file.id));
    EXPECT_TRUE(reading_->Accept(distributor_, kOrigin, file.id, "yes"));
    return Reload(file.id);
  }

  // `cells` are those of row 2, from A on.
  UsageFile SendWorkbook(const std::string& cells, const std::string& properties = "") {
    std::string header = "<row r=\"1\">";
    for (const std::string& name : Split(kHeader.substr(0, kHeader.size() - 1), ',')) {
      header += TextXml(name);
    }
    return SendRows(Draft(), fmt::format("{}</row><row r=\"2\">{}</row>", header, cells),
                    properties);
  }

  static Code CodeOf(const Result<Download>& download) {
    return download ? Code::kCancelled : download.error().code;  // kCancelled: it was given
  }

  // A copy with a name, as readers want it.
  std::filesystem::path Save(const Download& download, std::string_view name = "copy") {
    const auto path = directory_->path() / name;
    const UniqueFd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT_TRUE(CopyAll(download.fd.get(), to.get()));
    return path;
  }

  Table TabOf(const Result<Download>& download, std::string_view tab) {
    EXPECT_TRUE(download) << download.error().message;
    if (!download) return {};
    const auto book = Workbook::Open(Save(*download));
    EXPECT_TRUE(book) << book.error().message;
    TableSink sink;
    for (const Tab& known : (*book)->tabs()) {
      if (known.name != tab) continue;
      EXPECT_TRUE((*book)->Read(known, sink));
    }
    return sink.table;
  }
  Table Processed(const UsageFile& file, std::string_view tab = "records") {
    return TabOf(files_->Open(vendor_, file.id, FileKind::kProcessed), tab);
  }

  static std::string CellAt(const Table& table, size_t row, std::string_view title) {
    const auto place = std::ranges::find(table.at(0), title) - table[0].begin();
    const auto column = static_cast<size_t>(place);
    return column < table.at(row).size() ? table[row][column] : "";
  }
};

TEST_F(GeneratedFilesTest, TheProcessedFileHasTheVendorsCellsAndEveryError) {
  const UsageFile file = SendText(
      Draft(), std::string(kHeader) + Line("007", "OC-CPU-H", "1.25", "AS-1000-2000-0001") +
                   Line("r2", "NO", "1.234", "AS-0", "=cmd|'/c calc'!A1"));
  ASSERT_EQ(file.status, FileState::kInvalid);
  const Table records = Processed(file);
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[0].back(), "errors");
  EXPECT_EQ(CellAt(records, 1, "record_id"), "007");
  EXPECT_EQ(CellAt(records, 1, "quantity"), "#1.25");
  EXPECT_EQ(CellAt(records, 1, "errors"), "");
  EXPECT_EQ(CellAt(records, 2, "record_note"), "=cmd|'/c calc'!A1");
  EXPECT_THAT(CellAt(records, 2, "errors"),
              AllOf(HasSubstr("USG_011 item_search_value: "), HasSubstr("\nUSG_021 asset_sear")));
  EXPECT_THAT(Processed(file, "summary"), testing::Contains(ElementsAre("invalid", "#1")));
  const Table general = Processed(file, "general");
  EXPECT_THAT(general, testing::Contains(ElementsAre("id", file.id)));
  EXPECT_EQ(Processed(file, "categories"),
            (Table{{"category_id", "category_name", "category_description"}}));
}

TEST_F(GeneratedFilesTest, AProcessedFileIsTakenAgainAndSaysTheSame) {
  const UsageFile file =
      SendText(Draft(), std::string(kHeader) + Line("r1", "NO", "1.5", "AS-1000-2000-0001") +
                            Line("r2", "OC-RAM-GBH", "1.50", "AS-1000-2000-0001", " spaced "));
  const auto before = Values(file);
  const UsageFile again = SendProcessed(file);
  EXPECT_EQ(again.status, FileState::kInvalid);
  EXPECT_EQ(Values(again), before);
  // And a third time, with an old column `errors` in it, which is written anew.
  const Table records = Processed(again);
  EXPECT_EQ(std::ranges::count(records[0], "errors"), 1);
  EXPECT_THAT(CellAt(records, 1, "errors"), StartsWith("USG_011"));
}

TEST_F(GeneratedFilesTest, NumbersAndDatesKeepTheirValue) {
  // More digits than a spreadsheet shows, days of the 1904 system, a number for an id.
  const UsageFile file = SendWorkbook(
      "<c><v>1234567890123</v></c>" + TextXml("item.mpn") + TextXml("OC-RAM-GBH") +
          "<c><v>0.12345678901234568</v></c><c s=\"1\"><v>44864.25</v></c>"
          "<c s=\"1\"><v>44865</v></c>" +
          TextXml("asset.id") + TextXml("AS-1000-2000-0001") + "<c t=\"b\"><v>1</v></c>",
      " date1904=\"1\"");
  const auto before = Values(file);
  ASSERT_THAT(before, SizeIs(1));
  ASSERT_THAT(before[0]["errors"], SizeIs(1));
  EXPECT_EQ(before[0]["errors"][0]["raw_value"], "0.12345678901234568");
  const Table records = Processed(file);
  EXPECT_EQ(CellAt(records, 1, "record_id"), "#1234567890123");
  EXPECT_EQ(CellAt(records, 1, "quantity"), "0.12345678901234568");  // a text
  EXPECT_THAT(CellAt(records, 1, "start_time_utc"), StartsWith("@46326.25"));
  EXPECT_EQ(CellAt(records, 1, "record_note"), "1");
  EXPECT_EQ(Values(SendProcessed(file)), before);
}

TEST_F(GeneratedFilesTest, AnErrorCellStaysOne) {
  const UsageFile file = SendWorkbook(
      TextXml("r1") + TextXml("item.mpn") + TextXml("OC-CPU-H") +
      "<c><v>1</v></c><c s=\"1\"><v>46327</v></c><c s=\"1\"><v>46327</v></c>" +
      TextXml("asset.id") + TextXml("AS-1000-2000-0001") + "<c t=\"e\"><v>#REF!</v></c>");
  ASSERT_EQ(file.status, FileState::kInvalid);
  const UsageFile again = SendProcessed(file);
  EXPECT_EQ(again.status, FileState::kInvalid);
  EXPECT_THAT(Values(again)[0]["errors"][0]["code"], "USG_029");
}

TEST_F(GeneratedFilesTest, ADayInAColumnOfNumbersStaysADay) {
  for (const char* number : {"46327", "1e10"}) {
    const UsageFile file = SendWorkbook(TextXml("r1") + TextXml("item.mpn") + TextXml("OC-CPU-H") +
                                        fmt::format("<c s=\"1\"><v>{}</v></c>", number) +
                                        "<c s=\"1\"><v>46327</v></c><c s=\"1\"><v>46327</v></c>" +
                                        TextXml("asset.id") + TextXml("AS-1000-2000-0001"));
    ASSERT_EQ(file.status, FileState::kInvalid);
    const auto before = Values(file);
    EXPECT_EQ(before[0]["errors"][0]["code"], "USG_031");
    EXPECT_THAT(CellAt(Processed(file), 1, "quantity"), StartsWith("@"));
    const UsageFile again = SendProcessed(file);
    EXPECT_EQ(again.status, FileState::kInvalid);
    EXPECT_EQ(Values(again), before);
  }
}

TEST_F(GeneratedFilesTest, TheNameOfAnErrorIsATextLikeAnother) {
  const UsageFile file = Accepted(Line("#REF!", "OC-CPU-H", "12.25", "AS-1000-2000-0001", "#N/A"));
  for (const FileKind kind :
       {FileKind::kProcessed, FileKind::kDistributor, FileKind::kReconciliation}) {
    const Table records = TabOf(files_->Open(admin_, file.id, kind), "records");
    EXPECT_EQ(CellAt(records, 1, "record_id"), "#REF!");
    EXPECT_EQ(CellAt(records, 1, "record_note"), "#N/A");
  }
}

TEST_F(GeneratedFilesTest, TheDistributorFileIsTheRecords) {
  const UsageFile file =
      Accepted(Line("r1", "OC-CPU-H", "12.25", "AS-1000-2000-0001", "+1") +
               Line("r2", "OC-RAM-GBH", "12345678901.12345678", "AS-1000-2000-0002"));
  const auto download = files_->Open(distributor_, file.id, FileKind::kDistributor);
  const Table records = TabOf(download, "records");
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(CellAt(records, 1, "id"), RecordId(file.id, 1));
  EXPECT_EQ(CellAt(records, 1, "record_note"), "+1");
  EXPECT_EQ(CellAt(records, 1, "quantity"), "#12.25");
  EXPECT_EQ(CellAt(records, 2, "quantity"), "12345678901.12345678");  // 19 digits: a text
  EXPECT_EQ(CellAt(records, 1, "item_name"), "CPU hours");
  EXPECT_EQ(CellAt(records, 1, "item_type"), "ppu");
  EXPECT_EQ(CellAt(records, 1, "asset_id"), "AS-1000-2000-0001");
  EXPECT_EQ(CellAt(records, 1, "customer_company_name"), "Customer 1");
  EXPECT_EQ(CellAt(records, 1, "status"), "approved");
  EXPECT_THAT(CellAt(records, 1, "start_time_utc"), StartsWith("@"));
  EXPECT_THAT(records[0], Not(testing::Contains("amount")));  // schema QT
  EXPECT_THAT(records[0], Not(testing::Contains("external_billing_id")));
  EXPECT_THAT(TabOf(files_->Open(distributor_, file.id, FileKind::kDistributor), "summary"),
              testing::Contains(ElementsAre("PRD-100-200-300-0001", "OC-CPU-H", "CPU hours", "hour",
                                            "#1", "#12.25")));
}

TEST_F(GeneratedFilesTest, ControlCharactersOfTheCatalogueAreReplaced) {
  const UsageFile file = Accepted(Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001"));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "UPDATE assets SET customer_name = ?",
                          "a\x01 b\xEF\xBF\xBF");
  }));
  const Table records =
      TabOf(files_->Open(distributor_, file.id, FileKind::kDistributor), "records");
  EXPECT_EQ(CellAt(records, 1, "customer_company_name"), "a\xEF\xBF\xBD b\xEF\xBF\xBD");
}

TEST_F(GeneratedFilesTest, TheReconciliationFileIsReadBack) {
  const UsageFile file = Accepted(Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001") +
                                  Line("r2", "OC-CPU-H", "2", "AS-1000-2000-0002"));
  ASSERT_TRUE(closing_->CloseRecords(distributor_, kOrigin,
                                     {{1, RecordId(file.id, 2), "0042", "by hand"}}));
  const auto download = files_->Open(distributor_, file.id, FileKind::kReconciliation);
  ASSERT_TRUE(download) << download.error().message;
  const auto rows = ReadReconciliation(Save(*download));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_THAT(*rows, SizeIs(2));
  EXPECT_EQ((*rows)[0].record, RecordId(file.id, 1));
  EXPECT_EQ((*rows)[0].billing_id, "");
  EXPECT_EQ((*rows)[1].billing_id, "0042");
  EXPECT_EQ((*rows)[1].billing_note, "by hand");
}

TEST_F(GeneratedFilesTest, TheSummaryHasARowForEachTier) {
  const UsageFile file = DraftOfTiers();
  std::string text =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount,tier,v.region\n";
  for (const int tier : {1, 0}) {
    text += fmt::format(
        "t{},item.mpn,OS-GB,10,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,{}.5,{},north\n",
        tier, 3 - tier, tier);
  }
  ASSERT_EQ(SendText(file, text).status, FileState::kReady);
  ASSERT_TRUE(reading_->Submit(vendor_, kOrigin, file.id));
  ASSERT_TRUE(reading_->Accept(distributor_, kOrigin, file.id, "yes"));
  const Table summary =
      TabOf(files_->Open(distributor_, file.id, FileKind::kDistributor), "summary");
  ASSERT_THAT(summary, SizeIs(3));
  EXPECT_EQ(CellAt(summary, 1, "tier") + CellAt(summary, 1, "amount"), "#0#3.5");
  EXPECT_EQ(CellAt(summary, 2, "tier") + CellAt(summary, 2, "amount"), "#1#2.5");
  EXPECT_EQ(CellAt(summary, 2, "quantity"), "#10");
}

TEST_F(GeneratedFilesTest, EachChunkHasTheRecordsOfItsHub) {
  const UsageFile file = Accepted(Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001") +
                                  Line("r2", "OC-CPU-H", "2", "AS-1000-2000-0002") +
                                  Line("r3", "OC-CPU-H", "4", "AS-1000-2000-0001"));
  // Where the assets go later does not matter.
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction,
                          "UPDATE assets SET hub_key = (SELECT MAX(hub_key) FROM assets)");
  }));
  const auto chunks = ListChunks(*database_, distributor_, "usagefile.id=" + file.id);
  ASSERT_TRUE(chunks);
  ASSERT_THAT(chunks->objects, SizeIs(2));
  std::set<std::string> seen;
  for (const Json& chunk : chunks->objects) {
    const std::string id = chunk["id"];
    const Table records = TabOf(files_->OpenChunk(distributor_, id), "records");
    EXPECT_EQ(records.size() - 1, chunk["records"]["all"].get<size_t>());
    for (size_t row = 1; row < records.size(); ++row) {
      EXPECT_TRUE(seen.insert(CellAt(records, row, "record_id")).second);
    }
    EXPECT_THAT(TabOf(files_->OpenChunk(distributor_, id), "general"),
                testing::Contains(ElementsAre("hub_id", chunk["hub"]["id"].get<std::string>())));
    EXPECT_EQ(CodeOf(files_->OpenChunk(vendor_, id)), Code::kDenied);
    EXPECT_EQ(CodeOf(files_->OpenChunk(other_vendor_, id)), Code::kNotFound);
    EXPECT_EQ(CodeOf(files_->OpenChunk({"PA-9", "Other", catalog::Role::kDistributor}, id)),
              Code::kNotFound);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"r1", "r2", "r3"}));
  EXPECT_EQ(CodeOf(files_->OpenChunk(distributor_, "UFC-0")), Code::kNotFound);
}

TEST_F(GeneratedFilesTest, EachKindIsForSomeRolesInSomeStates) {
  constexpr auto kGiven = Code::kCancelled;
  const auto open = [&](const catalog::Account& account, const UsageFile& file, FileKind kind) {
    return CodeOf(files_->Open(account, file.id, kind));
  };
  const UsageFile draft = InState(FileState::kDraft);
  EXPECT_EQ(open(vendor_, draft, FileKind::kProcessed), Code::kNotFound);
  const UsageFile processing = InState(FileState::kProcessing);
  EXPECT_EQ(open(vendor_, processing, FileKind::kProcessed), Code::kConflict);
  const UsageFile ready =
      SendText(Draft(), std::string(kHeader) + Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001"));
  EXPECT_EQ(open(vendor_, ready, FileKind::kProcessed), kGiven);
  EXPECT_EQ(open(admin_, ready, FileKind::kProcessed), kGiven);
  EXPECT_EQ(open(other_vendor_, ready, FileKind::kProcessed), Code::kNotFound);
  EXPECT_EQ(open(distributor_, ready, FileKind::kDistributor), Code::kNotFound);
  EXPECT_EQ(open(admin_, ready, FileKind::kDistributor), Code::kConflict);
  ASSERT_TRUE(reading_->Submit(vendor_, kOrigin, ready.id));
  EXPECT_EQ(open(distributor_, ready, FileKind::kDistributor), kGiven);
  EXPECT_EQ(open(reseller_, ready, FileKind::kDistributor), kGiven);
  EXPECT_EQ(open(distributor_, ready, FileKind::kReconciliation), Code::kConflict);
  EXPECT_EQ(open(distributor_, ready, FileKind::kProcessed), Code::kDenied);
  ASSERT_TRUE(reading_->Accept(distributor_, kOrigin, ready.id, "yes"));
  EXPECT_EQ(open(distributor_, ready, FileKind::kReconciliation), kGiven);
  EXPECT_EQ(open(reseller_, ready, FileKind::kReconciliation), kGiven);
  EXPECT_EQ(open(vendor_, ready, FileKind::kReconciliation), Code::kDenied);
  EXPECT_EQ(open(vendor_, ready, FileKind::kDistributor), Code::kDenied);
}

TEST_F(GeneratedFilesTest, APreviewNeverReachesTheDistributor) {
  CreateFile request = NewFile();
  request.environment = "preview";
  const auto file = reading_->Create(vendor_, kOrigin, request);
  ASSERT_TRUE(file);
  const UsageFile sent =
      SendText(*file, std::string(kHeader) + Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001"));
  EXPECT_TRUE(files_->Open(vendor_, sent.id, FileKind::kProcessed));
  EXPECT_EQ(CodeOf(files_->Open(distributor_, sent.id, FileKind::kDistributor)), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_->Open(admin_, sent.id, FileKind::kDistributor)), Code::kConflict);
}

TEST_F(GeneratedFilesTest, ASpreadsheetThatCannotBeReadHasNoProcessedFile) {
  const UsageFile file = SendText(Draft(), "what,is,this\n1,2,3\n");
  const auto processed = files_->Open(vendor_, file.id, FileKind::kProcessed);
  ASSERT_FALSE(processed);
  EXPECT_EQ(processed.error().code, Code::kNotFound);
  EXPECT_THAT(processed.error().message, HasSubstr("unknown column 'what'"));
}

TEST_F(GeneratedFilesTest, MoreRecordsThanASheetHasRowsAreRefusedBeforeAnyIsWritten) {
  const UsageFile file = Accepted(Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001"));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) -> Status {
    CARREL_TRY(store::Execute(transaction, "UPDATE usage_files SET records_all = 1048576"));
    CARREL_TRY(store::Execute(transaction, "UPDATE usage_chunks SET records = 1048576"));
    return {};
  }));
  EXPECT_EQ(CodeOf(files_->Open(vendor_, file.id, FileKind::kProcessed)), Code::kLimit);
  const auto refused = files_->Open(distributor_, file.id, FileKind::kDistributor);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("1048576 records: the sheet of a workbook holds"));
  const auto chunks = ListChunks(*database_, distributor_, "");
  ASSERT_TRUE(chunks);
  EXPECT_EQ(CodeOf(files_->OpenChunk(distributor_, chunks->objects.at(0)["id"].get<std::string>())),
            Code::kLimit);
}

TEST_F(GeneratedFilesTest, TheSameDataGiveTheSameBytesAndNothingStays) {
  const UsageFile file = Accepted(Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001"));
  const auto bytes = [&](const Result<Download>& download) {
    return download ? *ReadFile(Save(*download)) : download.error().message;
  };
  for (const FileKind kind :
       {FileKind::kProcessed, FileKind::kDistributor, FileKind::kReconciliation}) {
    const std::string first = bytes(files_->Open(admin_, file.id, kind));
    EXPECT_THAT(first, StartsWith("PK"));
    EXPECT_EQ(first, bytes(files_->Open(admin_, file.id, kind)));
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory_->path() / "usage")) {
    EXPECT_THAT(entry.path().filename().string(), StartsWith("UF-"));
  }
}

TEST_F(GeneratedFilesTest, ATemplateThatIsSentAsItIsIsValid) {
  for (const TemplateFormat format : {TemplateFormat::kXlsx, TemplateFormat::kCsv}) {
    for (const char* product : {"PRD-100-200-300", "PRD-100-200-301"}) {
      const auto sheet = files_->OpenTemplate(vendor_, product, format);
      ASSERT_TRUE(sheet) << sheet.error().message;
      CreateFile request = NewFile(product);
      if (request.product_id == "PRD-100-200-301") request.currency = "EUR";
      const auto file = reading_->Create(vendor_, kOrigin, request);
      ASSERT_TRUE(file) << file.error().message;
      const UsageFile done = Send(*file, sheet->name, sheet->fd.get());
      EXPECT_EQ(done.status, FileState::kReady) << product << ": " << done.error_detail;
      EXPECT_EQ(Values(done)[0]["usage"], "0");
      EXPECT_TRUE(reading_->Delete(vendor_, kOrigin, done.id));  // its record id is free again
    }
  }
}

TEST_F(GeneratedFilesTest, ATemplateOfNothingHasNoExampleAndSaysWhy) {
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction,
                          "DELETE FROM assets WHERE product_key IN (SELECT key FROM products WHERE "
                          "id = 'PRD-100-200-300')");
  }));
  const auto xlsx = files_->OpenTemplate(vendor_, "PRD-100-200-300", TemplateFormat::kXlsx);
  EXPECT_THAT(TabOf(xlsx, "records"), SizeIs(1));
  EXPECT_THAT(TabOf(files_->OpenTemplate(vendor_, "PRD-100-200-300", TemplateFormat::kXlsx),
                    "instructions"),
              testing::Contains(ElementsAre(
                  "There is no example row: the catalogue has no asset of the product.")));
  const auto csv = files_->OpenTemplate(vendor_, "PRD-100-200-300", TemplateFormat::kCsv);
  ASSERT_TRUE(csv);
  const auto text = ReadFile(Save(*csv));
  EXPECT_EQ(std::ranges::count(*text, '\n'), 1);
  EXPECT_EQ(CodeOf(files_->OpenTemplate(other_vendor_, "PRD-100-200-300", TemplateFormat::kCsv)),
            Code::kNotFound);
}

TEST_F(GeneratedFilesTest, AColumnOfErrorsIsKnownOnce) {
  const std::string rows = Line("r1", "OC-CPU-H", "1", "AS-1000-2000-0001", "n,seen");
  std::string header(kHeader.substr(0, kHeader.size() - 1));
  const UsageFile once = SendText(Draft(), header + ",errors\n" + rows);
  EXPECT_EQ(once.status, FileState::kReady) << once.error_detail;
  const UsageFile twice = SendText(Draft(), header + ",errors,errors\n" + rows);
  EXPECT_THAT(twice.error_detail, HasSubstr("column 'errors' twice"));
}

}  // namespace
}  // namespace carrel::usage
