// SPDX-License-Identifier: Apache-2.0
#include "config/json_splitter.h"

#include <utility>

namespace mimir::config {

void JsonSplitter::add(std::string_view bytes) {
  if (is_broken_) return;
  held_.erase(0, begin_);
  looked_at_ -= begin_;
  begin_ = 0;
  held_.append(bytes);
}

std::optional<std::string> JsonSplitter::next() {
  while (!is_broken_ && looked_at_ < held_.size()) {
    const char c = held_[looked_at_++];
    if (is_in_string_) {
      const bool ends = c == '"' && !is_escaped_;
      is_escaped_ = c == '\\' && !is_escaped_;
      is_in_string_ = !ends;
    } else if (c == '{' || (c == '[' && depth_ > 0)) {
      ++depth_;
    } else if (depth_ == 0) {
      // A byte order mark, a closing brace too many, words: nothing that begins an object.
      is_broken_ = c != ' ' && c != '\n' && c != '\r' && c != '\t';
      begin_ = looked_at_;
    } else if (c == '"') {
      is_in_string_ = true;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      const std::size_t begin = std::exchange(begin_, looked_at_);
      return held_.substr(begin, looked_at_ - begin);
    }
    if (looked_at_ - begin_ > bytes_max_) is_broken_ = true;
  }
  return std::nullopt;
}

}  // namespace mimir::config
