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

TEST(Diagnostic, NeverSteersTheTerminalItIsPrintedOn) {
  Diagnostic diagnostic = finding(Severity::kError, {"f\x1b", 1, 5}, "\x1b[2Jx", "\x07");
  diagnostic.message = "key `a\nb\xc2\x9b`";
  EXPECT_EQ(render(diagnostic),
            "f\xef\xbf\xbd:1:5: error: key `a\xef\xbf\xbd"
            "b\xef\xbf\xbd`\n"
            "  1 | \xef\xbf\xbd[2Jx\n"
            "    |     ^\n"
            "  hint: \xef\xbf\xbd\n");
}

TEST(Diagnostic, FindsThePlaceOfAByte) {
  const std::string_view text = "a\r\n\nbcd";
  const auto place = [text](std::size_t offset) {
    const Diagnostic diagnostic = error_at("f", text, offset, "m");
    return std::to_string(diagnostic.place.line) + ':' + std::to_string(diagnostic.place.column) +
           ' ' + diagnostic.source_line;
  };
  EXPECT_EQ(place(0), "1:1 a");
  EXPECT_EQ(place(2), "1:3 a");
  EXPECT_EQ(place(3), "2:1 ");
  EXPECT_EQ(place(6), "3:3 bcd");
  EXPECT_EQ(place(7), "3:4 bcd");
  EXPECT_EQ(line_at(std::string(200, 'x'), 5).size(), 200U);
  EXPECT_EQ(line_at(std::string(201, 'x'), 5), "");
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
