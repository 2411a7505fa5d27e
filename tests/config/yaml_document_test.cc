// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::config {
namespace {

Node parsed(std::string_view text) {
  Diagnostics diagnostics;
  const auto node = parse_yaml(text, "f.yaml", diagnostics);
  EXPECT_TRUE(node.has_value()) << text << '\n' << diagnostics.render();
  return node.value_or(Node{});
}

std::string faults(std::string_view text) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_yaml(text, "f.yaml", diagnostics).has_value()) << text;
  EXPECT_TRUE(diagnostics.has_errors()) << text;
  return diagnostics.render();
}

TEST(Yaml, KnowsThePlaceOfEveryNode) {
  const Node root = parsed("# a comment\na:\n  b: 1\n  c: [x, {d: y}]\n");
  ASSERT_EQ(root.kind, Node::Kind::kMap);
  const Node* const a = root.find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->members[1].first.name, "c");
  EXPECT_EQ(a->members[1].first.place.line, 4U);
  EXPECT_EQ(a->members[1].first.place.column, 3U);
  const Node& b = *a->find("b");
  EXPECT_EQ(b.scalar, "1");
  EXPECT_EQ(b.place.file, "f.yaml");
  EXPECT_EQ(b.place.line, 3U);
  EXPECT_EQ(b.place.column, 6U);
  EXPECT_EQ(b.source_line, "  b: 1");
  const Node& c = *a->find("c");
  ASSERT_EQ(c.elements.size(), 2U);
  EXPECT_EQ(c.elements[1].find("d")->scalar, "y");
  EXPECT_EQ(c.elements[1].find("d")->place.column, 14U);
  EXPECT_EQ(root.find("b"), nullptr);
}

TEST(Yaml, KeepsScalarsAsTheyWereWritten) {
  const Node root = parsed("a: 010\nb: \"010\"\nc: yes\nd: ~\ne:\nf: 'it''s'\ng: \"\\u00e9\"\n");
  EXPECT_EQ(root.find("a")->scalar, "010");
  EXPECT_EQ(root.find("b")->scalar, "010");
  EXPECT_EQ(root.find("c")->scalar, "yes");
  EXPECT_EQ(root.find("d")->kind, Node::Kind::kNull);
  EXPECT_EQ(root.find("e")->kind, Node::Kind::kNull);
  EXPECT_EQ(root.find("f")->scalar, "it's");
  EXPECT_EQ(root.find("g")->scalar, "\xc3\xa9");
}

TEST(Yaml, IsNothingWhenNothingIsSaid) {
  for (const char* text : {"", "\n\n", "# only this\n", "---\n", "---\n...\n", "~"}) {
    EXPECT_EQ(parsed(text).kind, Node::Kind::kNull) << text;
  }
}

TEST(Yaml, ReadsWindowsLineEndsAndAByteOrderMark) {
  const Node root = parsed(
      "\xef\xbb\xbf"
      "a: 1\r\nb: 2\r\n");
  EXPECT_EQ(root.find("a")->scalar, "1");
  EXPECT_EQ(root.find("b")->source_line, "b: 2");
}

TEST(Yaml, TellsOfEveryRefusalInOneRun) {
  EXPECT_EQ(faults("a: &x 1\n"
                   "b: *x\n"
                   "a: 2\n"
                   "c:\n"
                   "  <<: {d: 1}\n"),
            "f.yaml:1:4: error: anchors are not supported\n"
            "  1 | a: &x 1\n"
            "    |    ^\n"
            "  hint: write the value out\n"
            "f.yaml:2:4: error: aliases are not supported\n"
            "  2 | b: *x\n"
            "    |    ^\n"
            "  hint: write the value out where it is needed\n"
            "f.yaml:3:1: error: the key `a` is given twice\n"
            "  3 | a: 2\n"
            "    | ^\n"
            "  hint: it is first given in line 1\n"
            "f.yaml:5:3: error: merge keys are not supported\n"
            "  5 |   <<: {d: 1}\n"
            "    |   ^\n"
            "  hint: write the keys out\n");
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_EQ(faults("a: 1\n---\nb: 2\n"),
            "f.yaml:3:1: error: a second document begins here\n"
            "  3 | b: 2\n"
            "    | ^\n"
            "  hint: keep everything before the `---`\n");
  (void)faults("a: 1\n---\n");
}

TEST(Yaml, ReadsAStreamOfDocuments) {
  Diagnostics diagnostics;
  const auto documents =
      parse_yaml_stream("---\na: 1\n---\n# nothing\n---\nb: {c: 2}\n...\n", "f.yaml", diagnostics);
  ASSERT_TRUE(documents) << diagnostics.render();
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[0].find("a")->scalar, "1");
  const Node* const inner = (*documents)[1].find("b")->find("c");
  EXPECT_EQ(inner->scalar, "2");
  EXPECT_EQ(inner->place.line, 6U) << "places count in the whole text";
  EXPECT_EQ(inner->place.column, 8U);
  EXPECT_TRUE(parse_yaml_stream("", "f.yaml", diagnostics)->empty());
  EXPECT_FALSE(parse_yaml_stream("a: 1\n---\nb: 1\nb: 2\n", "f.yaml", diagnostics));
  EXPECT_EQ(diagnostics.render(),
            "f.yaml:4:1: error: the key `b` is given twice\n"
            "  4 | b: 2\n"
            "    | ^\n"
            "  hint: it is first given in line 3\n");
}

TEST(Yaml, RefusesKeysThatAreNoWords) {
  EXPECT_EQ(faults("[a]: 1\n"),
            "f.yaml:1:1: error: a key is a word, here is a list\n"
            "  1 | [a]: 1\n"
            "    | ^\n"
            "  hint: write `key: value`\n");
  for (const char* text : {": 1", "~: 1", "null: 1", "? {a: 1}\n: 2"}) (void)faults(text);
}

TEST(Yaml, RefusesTags) {
  EXPECT_EQ(faults("a: !!str 1\n"),
            "f.yaml:1:4: error: tags are not supported\n"
            "  1 | a: !!str 1\n"
            "    |    ^\n"
            "  hint: leave it out: every key knows its type\n");
  (void)faults("!x {a: 1}");
  (void)faults("a: !<tag:y> [1]");
}

TEST(Yaml, RefusesBytesThatAreNoText) {
  EXPECT_EQ(faults("a: 1\nb: caf\xe9 x\n"),
            "f.yaml:2:7: error: the byte 0xe9 is no UTF-8\n"
            "  2 | b: caf\xef\xbf\xbd x\n"
            "    |       ^\n"
            "  hint: save the file as UTF-8\n");
  // The library takes this one for the end of the text, and b would be lost.
  EXPECT_EQ(faults("a: 1\n\x04\nb: 2\n"),
            "f.yaml:2:1: error: the control character 0x04 is no text\n"
            "  2 | \xef\xbf\xbd\n"
            "    | ^\n"
            "  hint: remove it\n");
  (void)faults(std::string_view("a: 1\0", 5));
  (void)faults("a: \x7f");
  (void)faults(
      "\xff\xfe"
      "a");
  EXPECT_EQ(parsed("a: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n").find("a")->scalar,
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

// Every node holds its line: were that one of 100 kB, 50,000 nodes would take 5 GB.
TEST(Yaml, ReadsAFileThatIsOneLine) {
  std::string text = "[0";
  for (int i = 1; i < 50'000; ++i) text += ",1";
  EXPECT_EQ(parsed(text + ']').elements.size(), 50'000U);
  const std::string text_of_fault = faults(text + ", *x]");
  EXPECT_EQ(text_of_fault.find('|'), std::string::npos);
}

TEST(Yaml, RefusesTabsAsIndentation) {
  EXPECT_EQ(faults("a:\n\tb: 1\n"),
            "f.yaml:2:1: error: not YAML: a tab indents this line\n"
            "  2 | \tb: 1\n"
            "    | ^\n"
            "  hint: indent with spaces\n");
  EXPECT_EQ(faults("a:\n  b: 1\n  \tc: 2\n"),
            "f.yaml:3:3: error: not YAML: a tab indents this line\n"
            "  3 |   \tc: 2\n"
            "    |   ^\n"
            "  hint: indent with spaces\n");
}

TEST(Yaml, RefusesWhatIsNoYaml) {
  for (const char* text : {"a: [1, 2", "a: {b: 1", "a: \"x", "a: b: c", "]", "a\nb: 1", "a: @b",
                           "a: 1\n b: 2\n", "%YAML 9.9.9\n---\na: 1\n", "a: *unknown\n"}) {
    (void)faults(text);
  }
}

TEST(Yaml, IsAtMostThirtyTwoDeep) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(parsed(nested(32)).kind, Node::Kind::kSequence);
  EXPECT_EQ(faults(nested(33)),
            "f.yaml:1:33: error: nested more than 32 deep\n"
            "  1 | " +
                nested(33) +
                "\n"
                "    | " +
                std::string(32, ' ') +
                "^\n"
                "  hint: close what is open further up\n");
  (void)faults(std::string(100'000, '['));
  std::string maps;
  for (std::size_t i = 0; i < 200; ++i) maps += std::string(i, ' ') + "k:\n";
  EXPECT_NE(faults(maps).find("nested more than 32 deep"), std::string::npos);
}

// No oracle but survival: whatever the bytes, there is a node or an error with a place.
TEST(Yaml, SurvivesGarbage) {
  test::Random random(3);
  const std::string_view alphabet = "ab:-[]{},&*!|>'\"%@`#? \n\t<~.\\";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const std::uint64_t size = random.below(40);
    for (std::uint64_t j = 0; j < size; ++j) {
      text += i % 2 == 0 ? static_cast<char>(random.below(256))
                         : alphabet[random.below(alphabet.size())];
    }
    Diagnostics diagnostics;
    const auto node = parse_yaml(text, "f", diagnostics);
    ASSERT_NE(node.has_value(), diagnostics.has_errors());
    ASSERT_EQ(diagnostics.render().empty(), node.has_value());
  }
}

}  // namespace
}  // namespace mimir::config
