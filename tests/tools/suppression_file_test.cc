// SPDX-License-Identifier: Apache-2.0
#include "tools/suppression_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tools/text_file.h"

namespace mimir::tools {
namespace {

const SuppressionConfig kEntry{.detector = "exfiltration",
                               .source = "user-db",
                               .target = "outside",
                               .until = "2026-12-31",
                               .reason = "night's \"export\""};
constexpr const char* kLine =
    "{detector: exfiltration, source: \"user-db\", target: \"outside\", until: \"2026-12-31\", "
    "reason: \"night's \\\"export\\\"\"}";

class SuppressionFileTest : public testing::Test {
 protected:
  SuppressionFileTest() {
    std::string pattern = testing::TempDir() + "mimir-suppress-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/mimir.yaml";
  }
  ~SuppressionFileTest() override { std::filesystem::remove_all(folder_); }

  /// The text with the entry; the only error if it is refused.
  std::string added(const std::string& text, bool is_configuration = true) {
    std::ofstream(path_) << text;
    config::Diagnostics diagnostics;
    const auto file = read_suppression_file(path_, is_configuration, diagnostics);
    if (!file) return diagnostics.render();
    const auto with = text_with(*file, kEntry, diagnostics);
    return with ? *with : diagnostics.all().at(0).message;
  }

  std::string folder_;
  std::string path_;
};

constexpr const char* kRefused =
    "its suppressions are written in a form that cannot be added to safely";

TEST_F(SuppressionFileTest, AddsBehindWhatIsThereAndKeepsAllElse) {
  const std::string head =
      "# ours\n"
      "model: {file: m}   # trained in spring\n"
      "detection:\n"
      "  thresholds: [{granularity: 10s, threshold: 1}]\n"
      "  suppress:\n"
      "  # the night's\n"
      "    - {source: a, until: 2026-12-31, reason: x}\n"
      "    - source: b\n"
      "      # why\n"
      "      until: 2026-12-31\n"
      "      reason: >\n"
      "        it is\n"
      "        wanted\n";
  const std::string tail =
      "\n"
      "    # end of the list\n"
      "output: {alerts: a.jsonl}\n";
  EXPECT_EQ(added(head + tail), head + "    - " + kLine + "\n" + tail);
}

TEST_F(SuppressionFileTest, BeginsAListThatIsNotThere) {
  const std::string entry4 = std::string("    - ") + kLine + "\n";
  EXPECT_EQ(added(""), "detection:\n  suppress:\n" + entry4);
  EXPECT_EQ(added("model: {file: m}"), "model: {file: m}\ndetection:\n  suppress:\n" + entry4);
  EXPECT_EQ(added("detection:\nmodel: {file: m}\n"),
            "detection:\n  suppress:\n" + entry4 + "model: {file: m}\n");
  EXPECT_EQ(added("detection: {}  # none\nmodel: {file: m}\n"),
            "detection:  # none\n  suppress:\n" + entry4 + "model: {file: m}\n");
  EXPECT_EQ(added("detection:\n    suppress: []   # none yet\n"),
            "detection:\n    suppress:   # none yet\n      - " + std::string(kLine) + "\n");
  EXPECT_EQ(added("detection:\n  thresholds:\n    - granularity: 10s\n      threshold: 1\n"
                  "\nmodel: {file: m}\n"),
            "detection:\n  thresholds:\n    - granularity: 10s\n      threshold: 1\n"
            "  suppress:\n" +
                entry4 + "\nmodel: {file: m}\n");
}

TEST_F(SuppressionFileTest, KeepsTheFormOfItsLists) {
  const std::string list = "detection:\n  suppress:\n  - source: a\n    until: 2026-12-31\n";
  EXPECT_EQ(added(list + "    reason: x\nmodel: {file: m}\n"),
            list + "    reason: x\n  - " + kLine + "\nmodel: {file: m}\n");
  EXPECT_EQ(added("detection:\r\n  suppress: []\r\n"),
            "detection:\r\n  suppress:\r\n    - " + std::string(kLine) + "\r\n");
}

TEST_F(SuppressionFileTest, AddsToTheKeysOfTheSectionAlone) {
  EXPECT_EQ(added("", false), "suppress:\n  - " + std::string(kLine) + "\n");
  const std::string one = "suppress:\n  - {source: a, until: 2026-12-31, reason: x}\n";
  EXPECT_EQ(added(one, false), one + "  - " + kLine + "\n");
  EXPECT_EQ(added("thresholds: []\n", false),
            "thresholds: []\nsuppress:\n  - " + std::string(kLine) + "\n");
}

TEST_F(SuppressionFileTest, RefusesWhatItCannotAddToSafely) {
  const std::string one = "{source: a, until: 2026-12-31, reason: x}";
  for (const std::string& text : std::vector<std::string>{
           "detection:\n  suppress: [" + one + "]\n",
           "detection: {suppress: [" + one + "]}\n",
           "detection: {suppress: []}\n",
           "detection: {thresholds: []}\n",
           "{model: {file: m}}\n",
           "model: {file: m}\n...\n",
           "detection:\n  suppress:\n    -\n      " + one + "\n",
           // The last lines of a text look like comments.
           "detection:\n  suppress:\n    - source: a\n      until: 2026-12-31\n"
           "      reason: |\n        why\n        # and more\n",
       }) {
    EXPECT_EQ(added(text), kRefused) << text;
  }
}

TEST_F(SuppressionFileTest, AFileKeepsItsModeAndALinkStaysOne) {
  const std::string link = folder_ + "/link.yaml";
  std::ofstream(path_) << "old";
  std::filesystem::permissions(path_, std::filesystem::perms(0640));
  std::filesystem::create_symlink(path_, link);
  config::Diagnostics diagnostics;
  ASSERT_TRUE(write_text_file(link, "new", diagnostics)) << diagnostics.render();
  EXPECT_EQ(read_text_file(path_, diagnostics), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0640));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2)
      << "nothing is left beside it";
}

}  // namespace
}  // namespace mimir::tools
