// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mimir::config {

/// Where something was read. Lines and columns, of bytes, count from 1; 0 means
/// unknown, an empty file means the finding is about the machine, not about a text.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class Severity : std::uint8_t { kWarning, kError };

/// One thing wrong, in words for the person who can mend it.
struct Diagnostic {
  Severity severity = Severity::kError;
  Place place;
  std::string message;      ///< "dataplane.rx_burst_packets: 4096 is out of range"
  std::string source_line;  ///< the text of place.line, for the caret; may be empty, see line_at
  std::string hint;         ///< what to do about it; may be empty
};

/// Collects everything wrong, so that one run reports it all.
///
/// Threads: none; one owner.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  void error(Place place, std::string message, std::string hint = {});
  void warning(Place place, std::string message, std::string hint = {});

  [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return error_count_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

  /// Like a compiler:
  ///   bad.yaml:2:21: error: dataplane.rx_burst_packets: 4096 is out of range
  ///     2 |   rx_burst_packets: 4096
  ///       |                     ^
  ///     hint: give a whole number of packets from 4 to 256
  [[nodiscard]] std::string render() const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t error_count_ = 0;
};

/// An error at the byte `offset` of the text of `file`, with its place and source line.
[[nodiscard]] Diagnostic error_at(std::string_view file, std::string_view text, std::size_t offset,
                                  std::string message, std::string hint = {});

/// The line around the byte `offset`, without its end; empty if it is longer than
/// what helps to see, such as a file that is one line.
[[nodiscard]] std::string_view line_at(std::string_view text, std::size_t offset);

/// The text of one diagnostic, as render() prints it. Whatever bytes it quotes, they
/// cannot steer a terminal.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

}  // namespace mimir::config
