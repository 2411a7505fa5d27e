// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.h"

#include <array>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace mimir::config {
namespace {

// Every code point, encoded as RFC 3629, section 3 tells, is a character of that length.
TEST(Utf8, HasEveryCharacterThereIs) {
  for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
    std::string text;
    const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    const unsigned tails = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr std::array<std::uint32_t, 4> kFirst{0x00, 0xc0, 0xe0, 0xf0};
    put(kFirst.at(tails) | code >> (6 * tails));
    for (unsigned i = tails; i > 0; --i) put(0x80U | ((code >> (6 * (i - 1))) & 0x3fU));
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    ASSERT_EQ(character_length(text + "\x80"), is_surrogate ? 0 : text.size()) << code;
    text.pop_back();
    ASSERT_EQ(character_length(text), 0U) << code;
  }
}

// The sequences of RFC 3629, section 3 and 10, that are none.
TEST(Utf8, HasNoOther) {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
        "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98("}) {
    EXPECT_EQ(character_length(text), 0U) << text;
  }
}

TEST(Utf8, IsPrintableWithoutWhatSteersATerminal) {
  EXPECT_EQ(to_printable("a\tb"), "a\tb");
  EXPECT_EQ(to_printable("\xc3\xa9\xe2\x82\xac"), "\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(to_printable("\x1b[1m"), "\xef\xbf\xbd[1m");
  EXPECT_EQ(to_printable("\x7f\xc2\x85\xc2\xa0"), "\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0");
  EXPECT_EQ(to_printable("\xff\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace mimir::config
