// SPDX-License-Identifier: Apache-2.0
#include "model/entity/pickle.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace mimir::entity {
namespace {

constexpr std::size_t kStackMax = 4096;       // values waiting for a container
constexpr std::size_t kMemoIdMax = 1U << 26;  // a log of a week has some millions
constexpr std::size_t kStringBytesMax = 1U << 16;
constexpr std::size_t kTupleItemsMax = 64;

struct OpcodeName {
  char opcode;
  std::string_view name;
};

// What else a pickle may hold, by the names of Python's pickletools.
constexpr std::array<OpcodeName, 21> kRefused{{
    {'c', "GLOBAL"},       {'R', "REDUCE"},          {'i', "INST"},
    {'o', "OBJ"},          {'b', "BUILD"},           {'P', "PERSID"},
    {'Q', "BINPERSID"},    {'\x80', "PROTO"},        {'\x81', "NEWOBJ"},
    {'\x92', "NEWOBJ_EX"}, {'\x93', "STACK_GLOBAL"}, {'\x82', "EXT1"},
    {'\x83', "EXT2"},      {'\x84', "EXT4"},         {'F', "FLOAT"},
    {'0', "POP"},          {'1', "POP_MARK"},        {'2', "DUP"},
    {'u', "SETITEMS"},     {'e', "APPENDS"},         {'}', "EMPTY_DICT"},
}};

std::string describe(char opcode) {
  for (const OpcodeName& row : kRefused) {
    if (row.opcode == opcode) return fmt::format("opcode {}", row.name);
  }
  return fmt::format("opcode 0x{:02x}", static_cast<unsigned char>(opcode));
}

void append_utf8(std::string& text, std::uint32_t code_point) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

// The `digits` hexadecimal digits at the front of `text`.
std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + digits, value, 16);
  if (fault != std::errc{} || end != text.data() + digits) return std::nullopt;
  return value;
}

// The text between the quotes of a Python string literal, escapes resolved.
std::optional<std::string> unquote(std::string_view literal) {
  if (literal.size() < 2) return std::nullopt;
  const char quote = literal.front();
  if ((quote != '\'' && quote != '"') || literal.back() != quote) return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  std::string text;
  text.reserve(literal.size());
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == quote) return std::nullopt;
    if (literal[i] != '\\') {
      text += literal[i];
      continue;
    }
    if (++i == literal.size()) return std::nullopt;
    constexpr std::string_view kEscapes = "\\'\"ntr";
    constexpr std::string_view kMeanings = "\\'\"\n\t\r";
    const std::size_t known = kEscapes.find(literal[i]);
    if (known != std::string_view::npos) {
      text += kMeanings[known];
    } else if (literal[i] == 'x') {
      const auto value = hexadecimal(literal.substr(i + 1), 2);
      if (!value) return std::nullopt;
      text += static_cast<char>(*value);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return text;
}

// Python's raw-unicode-escape: Latin-1, with \uXXXX for the rest.
std::optional<std::string> unescape_unicode(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && raw[i + 1] == 'u') {
      const auto value = hexadecimal(raw.substr(i + 2), 4);
      if (!value) return std::nullopt;
      append_utf8(text, *value);
      i += 5;
    } else {
      append_utf8(text, static_cast<unsigned char>(raw[i]));
    }
  }
  return text;
}

class PickleReader {
 public:
  PickleReader(std::string_view text, std::string_view file, config::Diagnostics& diagnostics)
      : text_(text), file_(file), diagnostics_(diagnostics) {}

  std::optional<Pickle> read() {
    while (position_ < text_.size()) {
      opcode_at_ = position_;
      const char opcode = text_[position_++];
      if (opcode == '.') return stop();
      if (!step(opcode)) return std::nullopt;
    }
    opcode_at_ = text_.size();
    fail("the file ends before its STOP opcode", "it was cut short; copy or save it again");
    return std::nullopt;
  }

 private:
  using Type = PickleValue::Type;

  bool step(char opcode) {
    switch (opcode) {
      case '(':
        if (stack_.size() + marks_.size() >= kStackMax) return fail_depth();
        marks_.push_back(stack_.size());
        return true;
      case 'N':
        return push({.type = Type::kNone, .offset = opcode_at_});
      case 'I':
      case 'L':
        return integer(opcode);
      case 'S':
      case 'V':
        return string(opcode);
      case 't':
        return gather(Type::kTuple, "TUPLE");
      case 'l':
        return gather(Type::kList, "LIST");
      case 'd':
        return gather(Type::kDict, "DICT");
      case 's':
        return attach(Type::kDict, 2, "SETITEM");
      case 'a':
        return attach(Type::kList, 1, "APPEND");
      case 'p':
        return put();
      case 'g':
        return get();
      default:
        return refuse(opcode);
    }
  }

  bool refuse(char opcode) {
    return fail(fmt::format("{} is refused: it is not plain data", describe(opcode)),
                opcode == '\x80'
                    ? "written with a later protocol; save it again with protocol=0"
                    : "nothing of a pickle is ever run; save a dict of text and numbers with "
                      "protocol=0");
  }

  std::optional<Pickle> stop() {
    if (stack_.size() != 1 || !marks_.empty()) {
      fail("STOP comes before the value is whole", {});
      return std::nullopt;
    }
    opcode_at_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
    if (opcode_at_ != text_.size()) {
      fail("something follows the STOP opcode", "one file holds one pickle");
      return std::nullopt;
    }
    return Pickle{std::move(values_), stack_.back()};
  }

  bool integer(char opcode) {
    const std::optional<std::string_view> line = rest_of_line();
    if (!line) return fail_line();
    std::string_view digits = *line;
    if (opcode == 'L' && digits.ends_with('L')) digits.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault != std::errc{} || end != digits.data() + digits.size()) {
      return fail("this is no whole number of 64 bits", {});
    }
    return push({.type = Type::kInteger, .offset = opcode_at_, .integer = value});
  }

  bool string(char opcode) {
    const std::optional<std::string_view> line = rest_of_line();
    if (!line) return fail_line();
    if (line->size() > kStringBytesMax) {
      return fail(fmt::format("a text is longer than {} bytes", kStringBytesMax), {});
    }
    std::optional<std::string> value = opcode == 'S' ? unquote(*line) : unescape_unicode(*line);
    if (!value) return fail("a text is quoted or escaped wrongly", {});
    return push({.type = Type::kString, .offset = opcode_at_, .string = std::move(*value)});
  }

  // Everything above the last mark becomes one value.
  bool gather(Type type, std::string_view opcode) {
    if (marks_.empty()) return fail(fmt::format("opcode {} has no mark to end", opcode), {});
    const std::size_t begin = marks_.back();
    const std::size_t size = stack_.size() - begin;
    marks_.pop_back();
    if (type == Type::kTuple && size > kTupleItemsMax) {
      return fail(fmt::format("a tuple has more than {} items", kTupleItemsMax), {});
    }
    if (type == Type::kDict && size % 2 != 0) return fail("a dict has a key without a value", {});
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(begin);
    PickleValue value{.type = type, .offset = opcode_at_, .items = {first, stack_.end()}};
    stack_.resize(begin);
    return push(std::move(value));
  }

  // The last `count` values become items of the container below them.
  bool attach(Type type, std::size_t count, std::string_view opcode) {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() < floor + count + 1) {
      return fail(fmt::format("opcode {} has too few values before it", opcode), {});
    }
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    PickleValue& container = values_[*(first - 1)];
    if (container.type != type) {
      return fail(fmt::format("opcode {} fits the value before it not at all", opcode), {});
    }
    container.items.insert(container.items.end(), first, stack_.end());
    stack_.resize(stack_.size() - count);
    return true;
  }

  bool put() {
    const std::optional<std::uint32_t> id = memo_id();
    if (!id) return false;
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
      return fail("opcode PUT has no value before it", {});
    }
    memo_[*id] = stack_.back();
    return true;
  }

  bool get() {
    const std::optional<std::uint32_t> id = memo_id();
    if (!id) return false;
    const auto at = memo_.find(*id);
    if (at == memo_.end()) return fail(fmt::format("opcode GET {}: no such memo", *id), {});
    if (stack_.size() + marks_.size() >= kStackMax) return fail_depth();
    stack_.push_back(at->second);
    return true;
  }

  std::optional<std::uint32_t> memo_id() {
    const std::optional<std::string_view> line = rest_of_line();
    std::uint32_t id = 0;
    if (!line) {
      fail_line();
      return std::nullopt;
    }
    const auto [end, fault] = std::from_chars(line->data(), line->data() + line->size(), id);
    if (fault != std::errc{} || end != line->data() + line->size() || id > kMemoIdMax) {
      fail(fmt::format("a memo is no number from 0 to {}", kMemoIdMax), {});
      return std::nullopt;
    }
    return id;
  }

  bool push(PickleValue value) {
    if (stack_.size() + marks_.size() >= kStackMax) return fail_depth();
    stack_.push_back(static_cast<std::uint32_t>(values_.size()));
    values_.push_back(std::move(value));
    return true;
  }

  std::optional<std::string_view> rest_of_line() {
    const std::size_t end = text_.find('\n', position_);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text_.substr(position_, end - position_);
    position_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  bool fail_line() { return fail("the file ends inside a line", "it was cut short"); }
  bool fail_depth() {
    return fail(fmt::format("more than {} values wait for a container", kStackMax), {});
  }

  bool fail(std::string_view message, std::string_view hint) {
    const std::string_view before = text_.substr(0, opcode_at_);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    diagnostics_.error({std::string(file_), static_cast<std::uint32_t>(lines + 1), 0},
                       fmt::format("byte {}: {}", opcode_at_, message), std::string(hint));
    return false;
  }

  std::string_view text_;
  std::string_view file_;
  config::Diagnostics& diagnostics_;
  std::size_t position_ = 0;
  std::size_t opcode_at_ = 0;
  std::vector<PickleValue> values_;
  std::vector<std::uint32_t> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, std::uint32_t> memo_;
};

}  // namespace

std::optional<Pickle> read_pickle(std::string_view text, std::string_view file,
                                  config::Diagnostics& diagnostics) {
  return PickleReader(text, file, diagnostics).read();
}

}  // namespace mimir::entity
