// SPDX-License-Identifier: Apache-2.0
#include "model/entity/pickle.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace mimir::entity {
namespace {

// The value as Python would print it, down to a fixed depth.
std::string shown(const Pickle& pickle, std::uint32_t index, int depth = 6) {
  if (depth == 0) return "...";
  const PickleValue& value = pickle.values[index];
  std::string text;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool is_value = value.type == PickleValue::Type::kDict && i % 2 == 1;
    if (i > 0) text += is_value ? ": " : ", ";
    text += shown(pickle, value.items[i], depth - 1);
  }
  switch (value.type) {
    case PickleValue::Type::kNone:
      return "None";
    case PickleValue::Type::kInteger:
      return std::to_string(value.integer);
    case PickleValue::Type::kString:
      return "'" + value.string + "'";
    case PickleValue::Type::kList:
      return "[" + text + "]";
    case PickleValue::Type::kTuple:
      return "(" + text + ")";
    case PickleValue::Type::kDict:
      return "{" + text + "}";
  }
  return "?";
}

std::string read(std::string_view text) {
  config::Diagnostics diagnostics;
  const std::optional<Pickle> pickle = read_pickle(text, "log", diagnostics);
  EXPECT_EQ(pickle.has_value(), !diagnostics.has_errors());
  return pickle ? shown(*pickle, pickle->root) : diagnostics.all().front().message;
}

TEST(Pickle, PlainDataReadsAsPythonWroteIt) {
  // pickle.dumps({0: {'a': ('x', 1, None)}, 1: ['a', 12345678901]}, 0) of Python 2.7
  EXPECT_EQ(read("(dp0\nI0\n(dp1\nS'a'\np2\n(S'x'\np3\nI1\nNtp4\nssI1\n(lp5\ng2\naL12345678901L\n"
                 "as."),
            "{0: {'a': ('x', 1, None)}, 1: ['a', 12345678901]}");
  EXPECT_EQ(read("(S'k'\nI-7\nd."), "{'k': -7}");
}

TEST(Pickle, TextsAreUnescaped) {
  EXPECT_EQ(read("S'it\\'s \\\\ \\x41\\n'\n."), "'it's \\ A\n'");
  EXPECT_EQ(read("S\"it's\"\n."), "'it's'");
  EXPECT_EQ(read("Vcaf\\u00e9 \xe9 \\u20ac\n."), "'caf\xc3\xa9 \xc3\xa9 \xe2\x82\xac'");
}

TEST(Pickle, RefusesEveryOpcodeThatCouldCallSomethingByName) {
  EXPECT_EQ(read("cos\nsystem\n(S'true'\ntR."),
            "byte 0: opcode GLOBAL is refused: it is not plain data");
  EXPECT_EQ(read("(S'true'\ntR."), "byte 10: opcode REDUCE is refused: it is not plain data");
  EXPECT_EQ(read("(S'true'\nios\nsystem\n."),
            "byte 9: opcode INST is refused: it is not plain data");
  EXPECT_EQ(read("(o."), "byte 1: opcode OBJ is refused: it is not plain data");
  EXPECT_EQ(read("(dI1\nb."), "byte 5: opcode BUILD is refused: it is not plain data");
  EXPECT_EQ(read("P1\n."), "byte 0: opcode PERSID is refused: it is not plain data");
  EXPECT_EQ(read("\x80\x02}."), "byte 0: opcode PROTO is refused: it is not plain data");
  EXPECT_EQ(read("\xff."), "byte 0: opcode 0xff is refused: it is not plain data");
}

TEST(Pickle, OnlyTheOpcodesOfPlainDataAreTaken) {
  constexpr std::string_view kTaken = "(NILSVtldsapg.";
  for (int byte = 0; byte < 256; ++byte) {
    const char opcode = static_cast<char>(byte);
    const bool is_refused =
        read(std::string("(d") + opcode).find(" is refused") != std::string::npos;
    EXPECT_EQ(is_refused, kTaken.find(opcode) == std::string_view::npos) << byte;
  }
}

TEST(Pickle, SaysAtWhichByteAFaultIs) {
  EXPECT_EQ(read(""), "byte 0: the file ends before its STOP opcode");
  EXPECT_EQ(read("(d"), "byte 2: the file ends before its STOP opcode");
  EXPECT_EQ(read("(dI12"), "byte 2: the file ends inside a line");
  EXPECT_EQ(read("I1x\n."), "byte 0: this is no whole number of 64 bits");
  EXPECT_EQ(read("I99999999999999999999\n."), "byte 0: this is no whole number of 64 bits");
  EXPECT_EQ(read("S'a\n."), "byte 0: a text is quoted or escaped wrongly");
  EXPECT_EQ(read("S'a'b'\n."), "byte 0: a text is quoted or escaped wrongly");
  EXPECT_EQ(read("S'\\q'\n."), "byte 0: a text is quoted or escaped wrongly");
  EXPECT_EQ(read("S'\\x4'\n."), "byte 0: a text is quoted or escaped wrongly");
  EXPECT_EQ(read("V\\u12\n."), "byte 0: a text is quoted or escaped wrongly");
  EXPECT_EQ(read("t."), "byte 0: opcode TUPLE has no mark to end");
  EXPECT_EQ(read("(I1\nd."), "byte 4: a dict has a key without a value");
  EXPECT_EQ(read("(dI1\ns."), "byte 5: opcode SETITEM has too few values before it");
  EXPECT_EQ(read("(d(I1\nI2\ns."), "byte 9: opcode SETITEM has too few values before it");
  EXPECT_EQ(read("I0\nI1\nI2\ns."), "byte 9: opcode SETITEM fits the value before it not at all");
  EXPECT_EQ(read("(dI1\na."), "byte 5: opcode APPEND fits the value before it not at all");
  EXPECT_EQ(read("g7\n."), "byte 0: opcode GET 7: no such memo");
  EXPECT_EQ(read("(p0\n."), "byte 1: opcode PUT has no value before it");
  EXPECT_EQ(read("(dp-1\n."), "byte 2: a memo is no number from 0 to 67108864");
  EXPECT_EQ(read("(dp67108865\n."), "byte 2: a memo is no number from 0 to 67108864");
  EXPECT_EQ(read("I1\nI2\n."), "byte 6: STOP comes before the value is whole");
  EXPECT_EQ(read("."), "byte 0: STOP comes before the value is whole");
  EXPECT_EQ(read("I1\n. \nI2\n."), "byte 6: something follows the STOP opcode");
}

TEST(Pickle, DepthAndSizesAreBounded) {
  EXPECT_EQ(read(std::string(5000, '(')), "byte 4096: more than 4096 values wait for a container");
  EXPECT_EQ(read(std::string(5000, 'N')), "byte 4096: more than 4096 values wait for a container");
  EXPECT_EQ(read("(dp0\n" + std::string("g0\ng0\ng0\n") + std::string(5000, 'N')),
            "byte 4106: more than 4096 values wait for a container");
  EXPECT_EQ(read("S'" + std::string(70000, 'a') + "'\n."),
            "byte 0: a text is longer than 65536 bytes");
  EXPECT_EQ(read("(" + std::string(65, 'N') + "t."), "byte 66: a tuple has more than 64 items");
}

TEST(Pickle, AValueThatContainsItselfDoesNoHarm) {
  EXPECT_EQ(read("(lp0\ng0\na."), "[[[[[[...]]]]]]");
}

TEST(Pickle, AFaultNamesItsLineToo) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_pickle("(dp0\nI0\nR", "log", diagnostics));
  EXPECT_EQ(diagnostics.all().front().place.file, "log");
  EXPECT_EQ(diagnostics.all().front().place.line, 3U);
  EXPECT_FALSE(diagnostics.all().front().hint.empty());
}

}  // namespace
}  // namespace mimir::entity
