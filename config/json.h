// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/diagnostic.h"

namespace mimir::config {

/// A JSON value (RFC 8259). Objects keep the order their members were added in,
/// so equal values print as equal bytes.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;           ///< null
  Json(bool value);           // NOLINT(google-explicit-constructor)
  Json(std::int64_t value);   // NOLINT(google-explicit-constructor)
  Json(std::uint64_t value);  // NOLINT(google-explicit-constructor)
  Json(int value);            // NOLINT(google-explicit-constructor)
  Json(std::uint32_t value);  // NOLINT(google-explicit-constructor)
  Json(double value);         // NOLINT(google-explicit-constructor) NaN and infinity print as null
  Json(const char* value);    // NOLINT(google-explicit-constructor)
  Json(std::string value);    // NOLINT(google-explicit-constructor)
  Json(std::string_view value);  // NOLINT(google-explicit-constructor)
  Json(Array value);             // NOLINT(google-explicit-constructor)
  Json(Object value);            // NOLINT(google-explicit-constructor)
  [[nodiscard]] static Json array();
  [[nodiscard]] static Json object();

  [[nodiscard]] bool is_null() const;
  [[nodiscard]] const bool* boolean() const;                  ///< null unless it is one
  [[nodiscard]] std::optional<double> number() const;         ///< any number
  [[nodiscard]] std::optional<std::int64_t> integer() const;  ///< whole numbers that fit
  [[nodiscard]] std::optional<std::uint64_t> count() const;   ///< whole numbers >= 0 that fit
  [[nodiscard]] const std::string* string() const;
  [[nodiscard]] const Array* elements() const;
  [[nodiscard]] const Object* members() const;

  /// The member `key`, or null if this is no object or has none.
  [[nodiscard]] const Json* find(std::string_view key) const;

  /// Adds or replaces a member; makes a null an object first. Returns *this.
  Json& set(std::string key, Json value);
  /// Appends an element; makes a null an array first. Returns *this.
  Json& push(Json value);

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

/// Reads one JSON text. A fault is reported at its line and column of `file`,
/// counted from `first_line` (for JSON lines, the number of the line).
[[nodiscard]] std::optional<Json> parse_json(std::string_view text, std::string_view file,
                                             Diagnostics& diagnostics,
                                             std::uint32_t first_line = 1);

/// One line, no spaces. Doubles print with the fewest digits that read back
/// equal; bytes that are no UTF-8 print as U+FFFD.
[[nodiscard]] std::string to_text(const Json& value);

/// Indented by two spaces, for people.
[[nodiscard]] std::string to_pretty_text(const Json& value);

}  // namespace mimir::config
