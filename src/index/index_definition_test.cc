#include "index/index_definition.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

IndexDefinition everything() {
  IndexDefinition definition;
  definition.id = 9;
  definition.name = "by \"all\"";
  definition.options.prefix = std::string("\x00\xff user:", 8);
  definition.options.fields = {"$.a", descending("b.c")};
  definition.options.unique = true;
  definition.options.sparse = true;
  definition.options.where = "age > 3";
  definition.options.collation = "de";
  definition.state = IndexState::kFailed;
  definition.message = "why";
  definition.collation_version = "1.2";
  return definition;
}

TEST(IndexDefinition, ReadsWhatItWrote) {
  const IndexDefinition written = everything();
  const auto read = IndexDefinition::parse(9, written.to_text());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_EQ(read->id, 9u);
  EXPECT_EQ(read->name, written.name);
  EXPECT_EQ(read->options.prefix, written.options.prefix);
  EXPECT_EQ(read->options.fields, written.options.fields);
  EXPECT_TRUE(read->options.unique);
  EXPECT_TRUE(read->options.sparse);
  EXPECT_EQ(read->options.where, "age > 3");
  EXPECT_EQ(read->options.collation, "de");
  EXPECT_EQ(read->state, IndexState::kFailed);
  EXPECT_EQ(read->message, "why");
  EXPECT_EQ(read->collation_version, "1.2");
}

TEST(IndexDefinition, DamageIsNamed) {
  const auto refusal = [](std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return IndexDefinition::parse(9, text).status();
  };
  const std::string text = everything().to_text();
  EXPECT_TRUE(IndexDefinition::parse(9, "{").status().is(StatusCode::kCorruption));
  EXPECT_TRUE(IndexDefinition::parse(9, "7").status().is(StatusCode::kCorruption));
  EXPECT_TRUE(refusal(text, "\"version\":1", "\"version\":2").is(StatusCode::kUnsupported));
  const Status state = refusal(text, "\"failed\"", "\"fine\"");
  EXPECT_TRUE(state.is(StatusCode::kCorruption));
  EXPECT_EQ(state.message(), "definition of index 9: 'state' is 'fine'");
  EXPECT_TRUE(refusal(text, "00ff", "00f").is(StatusCode::kCorruption));
  EXPECT_TRUE(refusal(text, "00ff", "00fx").is(StatusCode::kCorruption));
  EXPECT_TRUE(refusal(text, "\"unique\":true", "\"unique\":1").is(StatusCode::kCorruption));
  EXPECT_TRUE(refusal(text, "\"path\":\"b.c\"", "\"path\":3").is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
