// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/payload/rule_check.h"
#include "dataplane/payload/rule_file.h"
#include "dataplane/payload/signatures.h"
#include "tests/random.h"

namespace mimir::payload {
namespace {

bool passes(RuleCheck check, std::string_view text) {
  return payload::passes(check, std::as_bytes(std::span(text.data(), text.size())), text.size());
}

/// ISO/IEC 7812-1 annex B as it is written there: front to back, with the check digit that
/// makes the sum end in 0.
char naive_check_digit(const std::string& digits) {
  int sum = 0;
  bool is_doubled = true;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    int value = *digit - '0';
    if (is_doubled) value = value * 2 / 10 + value * 2 % 10;
    sum += value;
    is_doubled = !is_doubled;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

TEST(RuleCheck, CardsAgreeWithTheAlgorithmAsItIsWritten) {
  test::Random random(3);
  int valid = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string digits = "4";
    while (digits.size() < 15) digits += static_cast<char>('0' + random.below(10));
    const char given = static_cast<char>('0' + random.below(10));
    const bool is_valid = naive_check_digit(digits) == given;
    EXPECT_EQ(passes(RuleCheck::kLuhn, digits + given), is_valid) << digits << given;
    valid += is_valid ? 1 : 0;
  }
  EXPECT_GT(valid, 300);
}

TEST(RuleCheck, CardsHaveTheLengthOfTheirIssuer) {
  EXPECT_TRUE(passes(RuleCheck::kLuhn, "378282246310005")) << "15 digits";
  EXPECT_TRUE(passes(RuleCheck::kLuhn, "3782 822463 10005"));
  EXPECT_TRUE(passes(RuleCheck::kLuhn, "x4111-1111-1111-1111"));
  EXPECT_FALSE(passes(RuleCheck::kLuhn, "44111111111111111")) << "17 digits";
  EXPECT_FALSE(passes(RuleCheck::kLuhn, "4111--1111-1111-1111")) << "two separators";
  EXPECT_FALSE(passes(RuleCheck::kLuhn, "0000000000000000"));
}

/// ISO 13616-1: the number as text of digits, divided by hand.
int naive_rest(const std::string& iban) {
  const std::string turned = iban.substr(4) + iban.substr(0, 4);
  int rest = 0;
  for (const char c : turned) {
    const std::string value = std::isdigit(static_cast<unsigned char>(c)) != 0
                                  ? std::string(1, c)
                                  : std::to_string(c - 'A' + 10);
    for (const char digit : value) rest = (rest * 10 + (digit - '0')) % 97;
  }
  return rest;
}

TEST(RuleCheck, AccountsAgreeWithADivisionByHand) {
  test::Random random(5);
  for (int i = 0; i < 300; ++i) {
    std::string account;
    while (account.size() < 18) {
      const auto drawn = random.below(36);
      account += static_cast<char>(drawn < 10 ? '0' + drawn : 'A' + drawn - 10);
    }
    int valid = 0;
    for (int check = 2; check < 99; ++check) {  // ISO 13616-1 §7.2: 02 to 98
      const std::string iban =
          "GB" + std::string(check < 10 ? "0" : "") + std::to_string(check) + account;
      const bool is_valid = naive_rest(iban) == 1;
      valid += is_valid ? 1 : 0;
      if (is_valid) {
        EXPECT_TRUE(passes(RuleCheck::kIban, iban)) << iban;
      }
    }
    EXPECT_EQ(valid, 1) << "one pair of check digits fits";
  }
  EXPECT_TRUE(passes(RuleCheck::kIban, "DE89 3704 0044 0532 0130 00"));
  EXPECT_FALSE(passes(RuleCheck::kIban, "DE88 3704 0044 0532 0130 00"));
  EXPECT_FALSE(passes(RuleCheck::kIban, "GB82"));
}

std::string faults_of(std::string_view text) {
  std::vector<Rule> rules;
  config::Diagnostics diagnostics;
  if (read_rules(text, "r.yaml", rules, diagnostics)) {
    (void)Signatures::make(std::move(rules), {}, diagnostics);
  }
  return diagnostics.render();
}

TEST(Rules, OneThatDoesNotCompileIsNamedWithItsLine) {
  EXPECT_EQ(faults_of("rules:\n"
                      "  - id: fine\n"
                      "    description: d\n"
                      "    patterns: ['a']\n"
                      "    tests: {match: ['a']}\n"
                      "  - id: broken\n"
                      "    description: d\n"
                      "    patterns:\n"
                      "      - 'b'\n"
                      "      - 'b(c'\n"
                      "    tests: {match: ['b']}\n"),
            "r.yaml:10:9: error: the pattern does not compile: Missing close parenthesis for "
            "group started at index 1.\n"
            "  10 |       - 'b(c'\n"
            "     |         ^\n"
            "  hint: PCRE without look-around and back references\n");
}

TEST(Rules, OneThatItsOwnTestRefutesIsNamed) {
  const std::string faults = faults_of(
      "rules:\n"
      "  - id: r\n"
      "    description: d\n"
      "    patterns: ['ab+c']\n"
      "    tests: {match: ['abbc', 'ac'], no_match: ['xabcx']}\n");
  EXPECT_NE(faults.find("r.yaml:4:16: error: rule `r` finds nothing in its own test `ac`"),
            std::string::npos)
      << faults;
  EXPECT_NE(faults.find("rule `r` finds something in its own test `xabcx`"), std::string::npos);
}

TEST(Rules, EveryFaultIsToldAtItsPlace) {
  const std::string faults = faults_of(
      "rules:\n"
      "  - id: R\n"
      "    description: d\n"
      "    patterns: ['a']\n"
      "    tests: {match: ['a']}\n"
      "  - id: two\n"
      "    kind: dta\n"
      "    description: d\n"
      "    patterns: ['a']\n"
      "    tests: {match: ['a']}\n"
      "  - id: three\n"
      "    descriptoin: d\n"
      "    patterns: ['a']\n");
  EXPECT_NE(faults.find("r.yaml:2:9: error: rules[]: a rule has no id"), std::string::npos);
  EXPECT_NE(faults.find("r.yaml:7:11: error: rules[].kind"), std::string::npos);
  EXPECT_NE(faults.find("r.yaml:12:5: error:"), std::string::npos) << faults;
  EXPECT_NE(faults_of("- a\n").find("a file of rules is one list"), std::string::npos);
}

TEST(Rules, TheBuiltInOnesAreWell) {
  config::Diagnostics diagnostics;
  std::vector<Rule> rules;
  ASSERT_FALSE(built_in_rules().empty());
  for (const BuiltInRules& file : built_in_rules()) {
    EXPECT_TRUE(read_rules(file.text, file.name, rules, diagnostics));
  }
  EXPECT_GE(rules.size(), 10u);
  EXPECT_NE(Signatures::make(rules, {}, diagnostics), nullptr);
  EXPECT_EQ(diagnostics.render(), "");
}

std::string file_bytes(const std::string& name) {
  std::ifstream file(std::string(MIMIR_SOURCE_DIR) + "/config/rules/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Rules, WhatShipsIsWhatIsBuiltIn) {
  for (const BuiltInRules& file : built_in_rules()) {
    EXPECT_EQ(file.text, file_bytes(std::string(file.name) + ".yaml"));
  }
  EXPECT_TRUE(config::to_markdown(rule_texts()) == file_bytes("reference.md"))
      << "mimir check --print-rule-reference > config/rules/reference.md";
  for (const config::SectionText& section : rule_texts()) {
    for (const config::KeyText& key : section.keys) {
      EXPECT_GT(key.help.size(), 20u) << key.key;
      EXPECT_EQ(key.help.back(), '.') << key.key;
    }
  }
}

TEST(Rules, WhatWasCachedFindsTheSame) {
  config::Diagnostics diagnostics;
  const auto made = Signatures::make(read_built_in_rules(), {}, diagnostics);
  ASSERT_NE(made, nullptr);
  const std::vector<char> cache = made->to_cache();
  ASSERT_FALSE(cache.empty());
  const auto again = Signatures::make(read_built_in_rules(), cache, diagnostics);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(made->rules_in("AKIAIOSFODNN7EXAMPLE /dev/tcp/10.0.0.1/80"),
            again->rules_in("AKIAIOSFODNN7EXAMPLE /dev/tcp/10.0.0.1/80"));
  std::vector<char> damaged = cache;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  EXPECT_NE(Signatures::make(read_built_in_rules(), damaged, diagnostics), nullptr)
      << "a damaged one is compiled anew";
  EXPECT_EQ(diagnostics.render(), "");
}

TEST(Rules, TheCachesKeyChangesWithWhatIsCompiled) {
  std::vector<Rule> rules = read_built_in_rules();
  const std::string key = Signatures::cache_key(rules);
  rules[0].description = "another";
  EXPECT_EQ(Signatures::cache_key(rules), key);
  rules[0].patterns[0] += "x";
  EXPECT_NE(Signatures::cache_key(rules), key);
}

}  // namespace
}  // namespace mimir::payload
