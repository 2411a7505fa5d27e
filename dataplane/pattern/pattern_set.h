// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/pattern/scanner.h"

namespace mimir::pattern {

/// A regular expression in Hyperscan's dialect of PCRE, where `.` is any byte.
struct Pattern {
  std::string expression;
  std::uint32_t id = 0;
  bool ignores_case = false;
  bool reports_once = false;  ///< its first match alone
};

/// Why a set could not be made: the place in the set of what is wrong with it, and how.
struct PatternFault {
  std::size_t index = 0;
  std::string message;
};

/// Patterns compiled for this machine, for blocks of bytes. Immutable; any number of
/// scanners on any threads.
class PatternSet {
 public:
  /// Cost: milliseconds to seconds, by the patterns. REQUIRES: at least one.
  [[nodiscard]] static std::optional<PatternSet> compile(std::span<const Pattern> patterns,
                                                         PatternFault& fault);

  /// What restore() reads: the same set without the cost.
  [[nodiscard]] std::vector<char> serialise() const;
  /// Nothing if it is none, is damaged, or was made by another library or machine.
  [[nodiscard]] static std::optional<PatternSet> restore(std::span<const char> bytes);

  /// Names whatever else a serialised set depends on.
  [[nodiscard]] static std::string library_version();

  [[nodiscard]] const Database* database() const { return database_.get(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  explicit PatternSet(DatabasePtr database) : database_(std::move(database)) {}

  DatabasePtr database_;
};

}  // namespace mimir::pattern
