// SPDX-License-Identifier: Apache-2.0
#include "config/json.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace mimir::config {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Json parsed(std::string_view text) {
  Diagnostics diagnostics;
  const auto json = parse_json(text, "f", diagnostics);
  EXPECT_TRUE(json.has_value()) << text << '\n' << diagnostics.render();
  EXPECT_FALSE(diagnostics.has_errors()) << text;
  return json.value_or(Json());
}

std::string fault(std::string_view text, std::uint32_t first_line = 1) {
  Diagnostics diagnostics;
  const auto json = parse_json(text, "f.jsonl", diagnostics, first_line);
  EXPECT_FALSE(json.has_value()) << text;
  EXPECT_EQ(diagnostics.error_count(), 1U) << text;
  return diagnostics.render();
}

std::string place_of_fault(std::string_view text, std::uint32_t first_line = 1) {
  const std::string all = fault(text, first_line);
  return all.substr(0, all.find(": error"));
}

// RFC 8259, section 2 to 7, and its two examples in spirit: every kind, all white space.
TEST(Json, ReadsWhatTheGrammarAllows) {
  EXPECT_TRUE(parsed(" \t\r\n null \t\r\n").is_null());
  EXPECT_TRUE(*parsed("true").boolean());
  EXPECT_FALSE(*parsed("false").boolean());
  EXPECT_EQ(*parsed(R"("")").string(), "");
  EXPECT_TRUE(parsed("[]").elements()->empty());
  EXPECT_TRUE(parsed("{}").members()->empty());
  EXPECT_EQ(parsed("-0.5e-1").number(), -0.05);
  EXPECT_EQ(parsed("1E2").number(), 100.0);
  EXPECT_EQ(*parsed(R"("\"\\\/\b\f\n\r\t\u00e9")").string(), "\"\\/\b\f\n\r\t\xc3\xa9");
  EXPECT_EQ(*parsed(R"("\ud83d\ude00")").string(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(*parsed(R"("a\u0000b")").string(), std::string("a\0b", 3));
  const Json nested = parsed(R"({"a": [1, {"": null}], "b": {}})");
  ASSERT_NE(nested.find("a"), nullptr);
  EXPECT_TRUE((*nested.find("a")->elements())[1].find("")->is_null());
  EXPECT_EQ(nested.find("c"), nullptr);
}

TEST(Json, RefusesWhatTheGrammarDoesNotAllow) {
  for (const char* text : {"",          " ",           "{",
                           "[1,]",      "{\"a\":1,}",  "{'a':1}",
                           "{a:1}",     "01",          "1.",
                           ".5",        "+1",          "1e",
                           "-",         "0x10",        "NaN",
                           "Infinity",  "nul",         "True",
                           "[1 2]",     "1 2",         "{\"a\" 1}",
                           "\"",        "\"\n\"",      "\"\\x\"",
                           "\"\\u12\"", "\"\\ud800\"", "\"\xff\"",
                           "\"\xc3\"",  "// c\n1",     "[1]]",
                           "{\"a\":}",  "{1:2}",       "\"\xed\xa0\x80\"",
                           "1e999"}) {
    (void)fault(text);
  }
  EXPECT_EQ(fault(std::string_view("1\0 x", 4)),
            "f.jsonl:1:2: error: not JSON: a NUL byte\n"
            "  1 | 1\xef\xbf\xbd x\n"
            "    |  ^\n");
  EXPECT_EQ(place_of_fault(std::string_view("1\0", 2)), "f.jsonl:1:2");
}

TEST(Json, TellsWhereAFaultIs) {
  EXPECT_EQ(place_of_fault("[1, x]"), "f.jsonl:1:5");
  EXPECT_EQ(place_of_fault("{\n  \"a\": 1,\n  \"b\": ?\n}"), "f.jsonl:3:8");
  EXPECT_EQ(place_of_fault("{\"a\": tru}", 12), "f.jsonl:12:10");
  EXPECT_EQ(place_of_fault("", 3), "f.jsonl:3:1");
  EXPECT_EQ(place_of_fault("{\"a\": 1"), "f.jsonl:1:8");
  EXPECT_EQ(place_of_fault("{\n"), "f.jsonl:2:1");
}

TEST(Json, ShowsAFaultAndSaysItWithoutTheTextThatHasIt) {
  EXPECT_EQ(fault("{\n  \"a\": 1,\r\n}"),
            "f.jsonl:3:1: error: not JSON: unexpected '}'; expected string literal\n"
            "  3 | }\n"
            "    | ^\n");
  EXPECT_EQ(fault("[tru]", 8),
            "f.jsonl:8:5: error: not JSON: invalid literal\n"
            "  8 | [tru]\n"
            "    |     ^\n");
  EXPECT_EQ(fault("-1e309"),
            "f.jsonl:1:6: error: not JSON: number overflow\n"
            "  1 | -1e309\n"
            "    |      ^\n");
  // A string of a million bytes is quoted neither by the library nor as the source line.
  EXPECT_EQ(fault('"' + std::string(1'000'000, ']') + "; last read: "),
            "f.jsonl:1:1000015: error: not JSON: invalid string: missing closing quote\n");
}

// 50,000 members take 50 ms; searched from end to end they would take half a minute.
TEST(Json, ReadsAndPrintsAnObjectOfManyMembers) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += (i == 0 ? '{' : ',') + std::string("\"k") + std::to_string(i) + "\":" + "1";
  }
  EXPECT_EQ(to_text(parsed(text + '}')), text + '}');
  EXPECT_NE(fault(text + ",\"k7\":1}").find("the key \"k7\" is given twice"), std::string::npos);
  EXPECT_NE(fault(text + ",\"k49999\":1}").find("is given twice"), std::string::npos);
}

TEST(Json, RefusesAKeyGivenTwiceWhereItIsGivenAgain) {
  EXPECT_EQ(fault(R"({"a": 1, "b": 2, "a": 3})"),
            "f.jsonl:1:18: error: the key \"a\" is given twice\n"
            "  1 | {\"a\": 1, \"b\": 2, \"a\": 3}\n"
            "    |                  ^\n");
  EXPECT_EQ(fault("{\"x\": [{},\n {\"k\": 1,\n  \"k\": 1}]}", 40),
            "f.jsonl:42:3: error: the key \"k\" is given twice\n"
            "  42 |   \"k\": 1}]}\n"
            "     |   ^\n");
  EXPECT_EQ(fault(R"({"é": 1, "\u00e9": 2})"),
            "f.jsonl:1:11: error: the key \"\xc3\xa9\" is given twice\n"
            "  1 | {\"\xc3\xa9\": 1, \"\\u00e9\": 2}\n"
            "    |          ^\n");
  EXPECT_EQ(place_of_fault(R"({"a\"b": 1, "a\"b": 2})"), "f.jsonl:1:13");
  EXPECT_EQ(place_of_fault(R"({"\\": 1, "\\": 2})"), "f.jsonl:1:11");
  EXPECT_EQ(place_of_fault(R"({"": 1, "": 2})"), "f.jsonl:1:9");
  (void)parsed(R"({"a": {"a": {"a": 1}}, "b": {"a": 1}})");
}

TEST(Json, IsAtMostTwoHundredDeep) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  (void)parsed(nested(200));
  EXPECT_EQ(fault(nested(201)), "f.jsonl:1:201: error: nested more than 200 deep\n");
  EXPECT_EQ(fault('\n' + std::string(1'000'000, '[')),
            "f.jsonl:2:201: error: nested more than 200 deep\n");
}

TEST(Json, KeepsWholeNumbersWhole) {
  EXPECT_EQ(parsed("9223372036854775807").integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parsed("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parsed("9223372036854775808").integer(), std::nullopt);
  EXPECT_EQ(parsed("9223372036854775808").count(), std::uint64_t{1} << 63);
  EXPECT_EQ(parsed("9223372036854775808").number(), 9223372036854775808.0);
  EXPECT_EQ(parsed("18446744073709551615").count(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parsed("18446744073709551616").count(), std::nullopt);
  EXPECT_EQ(parsed("18446744073709551616").number(), 18446744073709551616.0);
  EXPECT_EQ(parsed("-1").count(), std::nullopt);
  EXPECT_EQ(parsed("-1").integer(), -1);
  EXPECT_EQ(parsed("1.0").integer(), std::nullopt);
  EXPECT_EQ(parsed("\"1\"").number(), std::nullopt);
  EXPECT_EQ(Json(std::uint64_t{5}).integer(), 5);
  EXPECT_EQ(Json(5).count(), 5U);
}

TEST(Json, PrintsNumbersSoThatTheyReadBackEqual) {
  for (const double number :
       {1e308, 1.7976931348623157e308, 5e-324, 0.1, 1.0 / 3.0, 123456789.125, -2.5e-7}) {
    EXPECT_EQ(parsed(to_text(number)).number(), number);
  }
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(1.0), "1.0");
  EXPECT_EQ(to_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(to_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Json, PrintsWhatIsNoNumberAsNull) {
  EXPECT_EQ(to_text(Json::array().push(std::nan("")).push(kInfinity).push(-kInfinity)),
            "[null,null,null]");
}

TEST(Json, PrintsBytesThatAreNoTextAsReplacementCharacters) {
  EXPECT_EQ(to_text("a\xff"), "\"a\xef\xbf\xbd\"");
  EXPECT_EQ(to_text(Json::object().set("\xc3(", 1)), "{\"\xef\xbf\xbd(\":1}");
  EXPECT_EQ(to_text(std::string("\x01\"\\\n\0", 5)), R"("\u0001\"\\\n\u0000")");
}

TEST(Json, KeepsMembersInTheOrderTheyWereAdded) {
  Json value;
  value.set("z", 1).set("a", nullptr == nullptr).set("m", Json::array().push("x").push(Json()));
  value.set("z", 2U);
  EXPECT_EQ(to_text(value), R"({"z":2,"a":true,"m":["x",null]})");
  EXPECT_EQ(to_text(parsed(R"({ "z":2, "a":true, "m":["x",null] })")), to_text(value));
  EXPECT_EQ(to_pretty_text(value),
            "{\n  \"z\": 2,\n  \"a\": true,\n  \"m\": [\n    \"x\",\n    null\n  ]\n}");
}

}  // namespace
}  // namespace mimir::config
