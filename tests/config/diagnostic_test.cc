// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace mimir::config {
namespace {

Diagnostic finding(Severity severity, Place place, std::string source_line, std::string hint = {}) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.place = std::move(place);
  diagnostic.message = std::string("m");
  diagnostic.source_line = std::move(source_line);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

TEST(Diagnostic, PointsAtTheColumnLikeACompiler) {
  Diagnostics diagnostics;
  diagnostics.add(finding(Severity::kError, {"bad.yaml", 2, 21}, "  rx_burst_packets: 4096",
                          "give a whole number of packets from 4 to 256"));
  EXPECT_EQ(diagnostics.render(),
            "bad.yaml:2:21: error: m\n"
            "  2 |   rx_burst_packets: 4096\n"
            "    |                     ^\n"
            "  hint: give a whole number of packets from 4 to 256\n");
}

TEST(Diagnostic, KeepsTheCaretBelowItsColumnWhenTheLineNumberIsWide) {
  const Diagnostic diagnostic = finding(Severity::kWarning, {"f", 1234, 1}, "x: y");
  EXPECT_EQ(render(diagnostic),
            "f:1234:1: warning: m\n"
            "  1234 | x: y\n"
            "       | ^\n");
}

// Columns count bytes: é is two of them and one cell wide; a tab is as wide as above.
TEST(Diagnostic, KeepsTheCaretBelowItsColumnAfterATabAndAnAccent) {
  const Diagnostic diagnostic = finding(Severity::kError, {"f", 1, 5}, "\t\xc3\xa9: y");
  EXPECT_EQ(render(diagnostic),
            "f:1:5: error: m\n"
            "  1 | \t\xc3\xa9: y\n"
            "    | \t  ^\n");
}

TEST(Diagnostic, PutsTheCaretBehindALineThatIsShorterThanItsColumn) {
  const Diagnostic diagnostic = finding(Severity::kError, {"f", 1, 4}, "a");
  EXPECT_EQ(render(diagnostic), "f:1:4: error: m\n  1 | a\n    |    ^\n");
}

TEST(Diagnostic, LeavesOutWhatIsNotKnown) {
  Diagnostics diagnostics;
  diagnostics.error({"lines.jsonl", 7, 0}, "no column");
  diagnostics.warning({"x.pcap", 0, 0}, "no line", "look at it");
  diagnostics.error({}, "no file");
  EXPECT_EQ(diagnostics.render(),
            "lines.jsonl:7: error: no column\n"
            "x.pcap: warning: no line\n"
            "  hint: look at it\n"
            "error: no file\n");
}

TEST(Diagnostics, CountErrorsAndKeepWarnings) {
  Diagnostics diagnostics;
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.warning({}, "w");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error({}, "e");
  diagnostics.add({});
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.error_count(), 2U);
  EXPECT_EQ(diagnostics.all().size(), 3U);
}

}  // namespace
}  // namespace mimir::config
