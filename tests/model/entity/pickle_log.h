// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mimir::entity {

/// Writes creation logs as Python's pickle of protocol 0 does, memo included.
class PickleLog {
 public:
  using Tuple = std::vector<std::string>;
  using Entries = std::vector<std::pair<std::string, Tuple>>;

  PickleLog() { text_ = "(d" + put(); }

  PickleLog& step(std::int64_t second, const Entries& entries) {
    text_.append("I").append(std::to_string(second)).append("\n(d").append(put());
    for (const auto& [name, tuple] : entries) {
      text_.append(quoted(name)).append("(");
      for (const std::string& field : tuple) text_ += quoted(field);
      text_.append("t").append(put()).append("s");
    }
    text_ += "s";
    return *this;
  }

  [[nodiscard]] std::string text() const { return text_ + "."; }

 private:
  std::string put() { return line('p', std::to_string(memo_count_++)); }
  // A text the memo knows is fetched from it.
  std::string quoted(const std::string& field) {
    for (const auto& [known, id] : known_) {
      if (known == field) return line('g', std::to_string(id));
    }
    known_.emplace_back(field, memo_count_);
    return line('S', "'" + field + "'") + put();
  }
  static std::string line(char opcode, const std::string& argument) {
    std::string text(1, opcode);
    return text.append(argument).append("\n");
  }

  std::string text_;
  std::size_t memo_count_ = 0;
  std::vector<std::pair<std::string, std::size_t>> known_;
};

}  // namespace mimir::entity
