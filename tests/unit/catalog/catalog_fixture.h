// A fresh database and the sample catalogue of examples/, for the tests of this room.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/files.h"
#include "runtime/catalog/catalogue.h"
#include "runtime/catalog/import.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

class CatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    auto directory = TempDir::Create(std::filesystem::temp_directory_path(), "catalog-");
    ASSERT_TRUE(directory);
    directory_.emplace(std::move(*directory));
    auto database = store::OpenSqliteDatabase(directory_->path() / "carrel.db");
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
  }

  static std::string Sample(std::string_view name) {
    return *ReadFile(std::filesystem::path(CARREL_EXAMPLES) / "catalogue" / name);
  }

  ImportReport Take(std::string_view text, Format format, std::string_view kind = "") {
    const auto report = Import(*database_, text, format, KindNamed(kind));
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ImportReport{});
  }

  // The reason of the only row that was refused.
  std::string Refusal(std::string_view text, std::string_view kind) {
    const ImportReport report = Take(text, Format::kJson, kind);
    EXPECT_EQ(report.refused.size(), 1U);
    return report.refused.empty() ? "" : report.refused.front().reason;
  }

  std::optional<TempDir> directory_;
  std::unique_ptr<store::Database> database_;
};

}  // namespace carrel::catalog
