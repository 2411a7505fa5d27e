// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mimir::config {

/// Cuts a stream of JSON objects that stand one behind the other, with or without white
/// space between them, indented or not, into one text each. It counts braces outside of
/// strings and judges nothing else: what it cuts out is for parse_json().
///
///   state    next()                  is_broken()
///   between  nothing                 false         white space only, or nothing at all
///   inside   nothing                 false         an object has begun and not ended
///   broken   nothing, from here on   true          no object began, or one grew too large
///
/// Memory: bytes_max and what is added at once. Cost: each byte is looked at once.
class JsonSplitter {
 public:
  explicit JsonSplitter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void add(std::string_view bytes);
  /// The next whole object; nothing until more is added.
  [[nodiscard]] std::optional<std::string> next();

  [[nodiscard]] bool is_broken() const { return is_broken_; }
  /// An object has begun and its end has not come.
  [[nodiscard]] bool is_inside() const { return depth_ > 0; }

 private:
  std::size_t bytes_max_;
  std::string held_;
  std::size_t begin_ = 0;      ///< in held_, of the object that is open or comes next
  std::size_t looked_at_ = 0;  ///< bytes of held_
  std::size_t depth_ = 0;
  bool is_in_string_ = false;
  bool is_escaped_ = false;
  bool is_broken_ = false;
};

}  // namespace mimir::config
