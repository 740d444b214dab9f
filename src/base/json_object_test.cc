#include "base/json_object.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(JsonObject, MembersKeepTheirOrderAndStringsAreEscaped) {
  JsonObject json;
  json.add("b", uint64_t{18446744073709551615u});
  json.add("a", std::string_view("say \"hi\"\n\\"));
  json.add("yes", true);
  json.raw("list", "[1,2]");
  EXPECT_EQ(json.finish(),
            "{\"b\":18446744073709551615,\"a\":\"say \\\"hi\\\"\\u000a\\\\\",\"yes\":true,"
            "\"list\":[1,2]}");
}

TEST(JsonObject, WithoutMembersIsAnEmptyObject) {
  EXPECT_EQ(JsonObject().finish(), "{}");
}

}  // namespace
}  // namespace ashlar
