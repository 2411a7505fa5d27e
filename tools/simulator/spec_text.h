// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"

namespace mimir::simulator {

/// Reads "key=value,key=value" as it stands on a command line; whatever is wrong with
/// it is reported at its column.
///
/// Threads: none. Keeps views of the text, which must live on.
class SpecText {
 public:
  /// `option` and `number` name the text in diagnostics as file and line; `what` is
  /// "an attack".
  SpecText(std::string_view text, std::string option, std::uint32_t number, std::string what,
           config::Diagnostics& diagnostics);

  /// `part` is a piece of the text; its place becomes the column.
  void error(std::string_view part, std::string message, std::string hint);

  /// Splits `settings`, a piece of the text. Each key must be one of `known`, once.
  void split(std::string_view settings, const std::vector<std::string>& known);

  /// The value of a key, if it was given.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
  /// The same; its absence is an error with `example` as the way out.
  [[nodiscard]] std::optional<std::string_view> need(std::string_view key, std::string example);

  // Each reads what find() or need() gave, or reports why not.
  /// A number >= 0 with s (the default), min or h.
  [[nodiscard]] std::optional<TimeNs> time(std::string_view value);
  /// B, kB, MB or GB (powers of ten) per s, min or h, in bytes a minute.
  [[nodiscard]] std::optional<double> byte_rate(std::string_view value);
  [[nodiscard]] std::optional<double> number(std::string_view value, double min, double max);
  [[nodiscard]] std::optional<std::string> word(std::string_view value,
                                                const std::vector<std::string>& allowed);
  /// "300-400"
  [[nodiscard]] std::optional<std::pair<std::uint32_t, std::uint32_t>> range(std::string_view value,
                                                                             std::uint32_t min,
                                                                             std::uint32_t max);

 private:
  std::string_view text_;
  std::string option_;
  std::uint32_t number_;
  std::string what_;
  config::Diagnostics& diagnostics_;
  std::vector<std::pair<std::string_view, std::string_view>> settings_;
  std::vector<std::string_view> keys_;  ///< all that were named, with a value or without
};

[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace mimir::simulator
