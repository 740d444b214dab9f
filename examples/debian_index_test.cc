#include "debian_index.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace ashlar::examples {
namespace {

using Json = nlohmann::json;

std::vector<DebianPackage> read_all(const std::string& text) {
  std::istringstream in(text);
  DebianIndexReader reader(in);
  std::vector<DebianPackage> packages;
  while (auto package = reader.next()) packages.push_back(*package);
  EXPECT_EQ(reader.bytes_read(), text.size());
  return packages;
}

TEST(DebianIndex, EachStanzaIsOneDocument) {
  const auto packages = read_all("Package: a\nVersion: 1:2.0-3\n\n\nPackage: b\nVersion: 2\n");
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].name, "a");
  EXPECT_EQ(Json::parse(packages[0].document), Json({{"package", "a"}, {"version", "1:2.0-3"}}));
  EXPECT_EQ(packages[1].name, "b");
}

TEST(DebianIndex, TheLastStanzaMayLackItsNewline) {
  EXPECT_EQ(read_all("Package: a\nVersion: 1").size(), 1u);
}

TEST(DebianIndex, SizesAreNumbersAndListsArrays) {
  const auto packages = read_all(
      "Package: a\nInstalled-Size: 7164\nSize: many\nDepends: b (>= 2), c | d\nTag: x::y,\n "
      "z::w\n");
  ASSERT_EQ(packages.size(), 1u);
  const Json document = Json::parse(packages[0].document);
  EXPECT_EQ(document["installed_size"], 7164);
  EXPECT_EQ(document["size"], "many");
  EXPECT_EQ(document["depends"], Json({"b (>= 2)", "c | d"}));
  EXPECT_EQ(document["tag"], Json({"x::y", "z::w"}));
}

TEST(DebianIndex, ContinuationLinesKeepTheirBreaksAndALoneDotIsAnEmptyLine) {
  const auto packages = read_all("Package: a\nDescription: short\n long one\n .\n   indented\n");
  ASSERT_EQ(packages.size(), 1u);
  EXPECT_EQ(Json::parse(packages[0].document)["description"], "short\nlong one\n\n  indented");
}

TEST(DebianIndex, StanzasWithoutANameAndLinesWithoutAFieldArePassedOver) {
  const auto packages =
      read_all(" continues nothing\nnonsense\n\nVersion: 1\n\nPackage:\n\nPackage: a\n: x\n");
  ASSERT_EQ(packages.size(), 1u);
  EXPECT_EQ(packages[0].document, R"({"package":"a"})");
}

TEST(DebianIndex, BytesThatAreNotUtf8AreReplaced) {
  const auto packages = read_all("Package: a\nMaintainer: Andr\xe9\n");
  ASSERT_EQ(packages.size(), 1u);
  EXPECT_EQ(Json::parse(packages[0].document)["maintainer"], "Andr\xef\xbf\xbd");
}

}  // namespace
}  // namespace ashlar::examples
