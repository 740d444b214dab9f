#include "tools/text.h"

#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST(Text, EscapingAndBackGivesEveryByteAgain) {
  const std::string bytes = every_byte() + "\\x41 \\\\ é€😀";
  const std::string text = escape(bytes);
  EXPECT_TRUE(is_printable(text));
  EXPECT_EQ(unescape(text), bytes);
}

TEST(Text, PrintableCharactersStayAndControlCharactersDoNot) {
  EXPECT_EQ(escape("naïve ☂"), "naïve ☂");
  EXPECT_EQ(escape("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(escape("\xc2\x9b"), "\\xc2\\x9b");  // a C1 control character
}

TEST(Text, UnknownEscapesStandForThemselves) {
  EXPECT_EQ(unescape("C:\\dir\\x4"), "C:\\dir\\x4");
  EXPECT_EQ(unescape("\\xZZ\\"), "\\xZZ\\");
  EXPECT_EQ(unescape("\\x41\\\\x41"), "A\\x41");
}

TEST(Text, OnlyWellFormedUtf8IsUtf8) {
  for (const char* good :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << escape(good);
  }
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << escape(bad);
  }
}

TEST(Text, Base64IsThatOfTheRfc) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Text, Base64GivesEveryByteAgain) {
  for (std::size_t skipped = 0; skipped < 3; ++skipped) {
    const std::string bytes = every_byte().substr(skipped);
    std::string back;
    ASSERT_TRUE(from_base64(to_base64(bytes), &back));
    EXPECT_EQ(back, bytes);
  }
}

TEST(Text, WhatIsNotBase64IsRefused) {
  std::string bytes;
  for (const char* bad :
       {"Z", "Zg=", "Zg", "=Zg=", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Z g=", "Zm8\n"}) {
    EXPECT_FALSE(from_base64(bad, &bytes)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::tools
