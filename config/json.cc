// SPDX-License-Identifier: Apache-2.0
#include "config/json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <unordered_set>

#include <nlohmann/json.hpp>

namespace mimir::config {

namespace {

/// Deeper than any document we read, shallower than any stack.
constexpr int kJsonDepthMax = 200;

/// Objects below it are searched from end to end, which is faster than any index.
constexpr std::size_t kIndexedMembersMin = 16;

/// The library's own words, without its error number, its place (ours is better) and
/// its quotation, which may be as long as the text.
std::string to_fault(std::string_view what) {
  const auto skip_behind = [&what](std::string_view mark) {
    const std::size_t at = what.find(mark);
    if (at != std::string_view::npos) what.remove_prefix(at + mark.size());
  };
  what = what.substr(0, what.find("; last read: "));
  skip_behind("] ");
  if (what.starts_with("parse error at ")) skip_behind(": ");
  if (what.starts_with("syntax error while parsing ")) skip_behind(" - ");
  return "not JSON: " + std::string(what.substr(0, what.find(" parsing '")));
}

/// Reads a text for the library and remembers how far it came: what the library
/// refuses, it places itself, but our own refusals would have no place.
struct Reader {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  std::size_t* bytes_read = nullptr;

  reference operator*() const { return *at; }
  Reader& operator++() {
    ++at;
    ++*bytes_read;
    return *this;
  }
  friend bool operator==(const Reader& a, const Reader& b) { return a.at == b.at; }
};

/// Builds our values from the library's events, so that nothing is parsed into its
/// own tree first and a key given twice can be refused.
class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// `bytes_read` is how much of the text was looked at when an event comes.
  JsonBuilder(std::string_view text, const std::size_t& bytes_read)
      : text_(text), bytes_read_(bytes_read) {}

  bool null() override { return put(Json()); }
  bool boolean(bool value) override { return put(Json(value)); }
  bool number_integer(number_integer_t value) override { return put(Json(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return put(Json(static_cast<std::int64_t>(value)));
    }
    return put(Json(std::uint64_t{value}));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return put(Json(value));
  }
  bool string(string_t& value) override { return put(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*count*/) override { return open(true); }
  bool start_array(std::size_t /*count*/) override { return open(false); }
  bool end_object() override {
    Json::Object members = std::move(stack_.back().members);
    stack_.pop_back();
    return put(Json(std::move(members)));
  }
  bool end_array() override {
    Json::Array elements = std::move(stack_.back().elements);
    stack_.pop_back();
    return put(Json(std::move(elements)));
  }
  bool key(string_t& value) override {
    Frame& frame = stack_.back();
    frame.key = std::move(value);
    if (is_new(frame)) return true;
    refuse("the key \"" + frame.key + "\" is given twice", last_string_begin() + 1);
    return false;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    refuse(to_fault(error.what()), position);
    return false;
  }

  /// The fault is in the last of the first `position` bytes.
  void refuse(std::string fault, std::size_t position) {
    fault_ = std::move(fault);
    position_ = position;
  }

  Json root;
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  struct Frame {
    bool is_object = false;
    Json::Object members;
    Json::Array elements;
    std::string key;
    std::unordered_set<std::string> keys;  ///< of an object with many members
  };

  static bool is_new(Frame& frame) {
    if (frame.members.size() < kIndexedMembersMin) {
      return std::none_of(
          frame.members.begin(), frame.members.end(),
          [&frame](const Json::Member& member) { return member.first == frame.key; });
    }
    if (frame.keys.empty()) {
      for (const Json::Member& member : frame.members) frame.keys.insert(member.first);
    }
    return frame.keys.insert(frame.key).second;
  }

  /// Where the string begins whose closing quote was the last byte read.
  [[nodiscard]] std::size_t last_string_begin() const {
    // A quote within a string has a backslash before it; one that begins a string never.
    std::size_t quote = text_.rfind('"', bytes_read_ - 2);
    while (quote > 0 && text_[quote - 1] == '\\') quote = text_.rfind('"', quote - 1);
    return quote;
  }

  bool open(bool is_object) {
    if (stack_.size() >= kJsonDepthMax) {
      refuse("nested more than " + std::to_string(kJsonDepthMax) + " deep", bytes_read_);
      return false;
    }
    stack_.emplace_back().is_object = is_object;
    return true;
  }
  bool put(Json value) {
    if (stack_.empty()) {
      root = std::move(value);
      return true;
    }
    Frame& frame = stack_.back();
    if (frame.is_object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.elements.push_back(std::move(value));
    }
    return true;
  }

  std::string_view text_;
  const std::size_t& bytes_read_;
  std::vector<Frame> stack_;
  std::string fault_;
  std::size_t position_ = 0;
};

nlohmann::ordered_json to_library(const Json& value) {
  if (const bool* boolean = value.boolean()) return *boolean;
  if (const auto* text = value.string()) return *text;
  if (const auto* elements = value.elements()) {
    auto array = nlohmann::ordered_json::array();
    for (const Json& element : *elements) array.push_back(to_library(element));
    return array;
  }
  if (const auto* members = value.members()) {
    auto object = nlohmann::ordered_json::object();
    auto& into = object.get_ref<nlohmann::ordered_json::object_t&>();
    for (const auto& [key, member] : *members) into.emplace_back(key, to_library(member));
    return object;
  }
  if (const auto integer = value.integer()) return *integer;
  if (const auto count = value.count()) return *count;
  if (const auto number = value.number()) return *number;
  return nullptr;
}

}  // namespace

Json::Json(bool value) : value_(value) {}
Json::Json(std::int64_t value) : value_(value) {}
Json::Json(std::uint64_t value) : value_(value) {}
Json::Json(int value) : value_(std::int64_t{value}) {}
Json::Json(std::uint32_t value) : value_(std::int64_t{value}) {}
Json::Json(double value) : value_(value) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}

Json Json::array() { return Json(Array{}); }
Json Json::object() { return Json(Object{}); }

bool Json::is_null() const { return std::holds_alternative<std::monostate>(value_); }
const bool* Json::boolean() const { return std::get_if<bool>(&value_); }
const std::string* Json::string() const { return std::get_if<std::string>(&value_); }
const Json::Array* Json::elements() const { return std::get_if<Array>(&value_); }
const Json::Object* Json::members() const { return std::get_if<Object>(&value_); }

std::optional<double> Json::number() const {
  if (const auto* real = std::get_if<double>(&value_)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) {
    return static_cast<double>(*integer);
  }
  if (const auto* count = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*count);
  return std::nullopt;
}

std::optional<std::int64_t> Json::integer() const {
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return *integer;
  if (const auto* count = std::get_if<std::uint64_t>(&value_)) {
    if (*count <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return static_cast<std::int64_t>(*count);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Json::count() const {
  if (const auto* count = std::get_if<std::uint64_t>(&value_)) return *count;
  const auto* integer = std::get_if<std::int64_t>(&value_);
  if (integer != nullptr && *integer >= 0) return static_cast<std::uint64_t>(*integer);
  return std::nullopt;
}

const Json* Json::find(std::string_view key) const {
  const Object* const object = members();
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [key](const Member& member) { return member.first == key; });
  return found == object->end() ? nullptr : &found->second;
}

Json& Json::set(std::string key, Json value) {
  if (members() == nullptr) value_ = Object{};
  Object& object = std::get<Object>(value_);
  const auto found = std::find_if(object.begin(), object.end(),
                                  [&key](const Member& member) { return member.first == key; });
  if (found != object.end()) {
    found->second = std::move(value);
  } else {
    object.emplace_back(std::move(key), std::move(value));
  }
  return *this;
}

Json& Json::push(Json value) {
  if (elements() == nullptr) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::optional<Json> parse_json(std::string_view text, std::string_view file,
                               Diagnostics& diagnostics, std::uint32_t first_line) {
  std::size_t bytes_read = 0;
  JsonBuilder builder(text, bytes_read);
  const char* const end = text.data() + text.size();
  if (nlohmann::json::sax_parse(Reader{text.data(), &bytes_read}, Reader{end, &bytes_read},
                                &builder)) {
    // The library takes a NUL for the end of the text, whatever follows it.
    const std::size_t nul = text.find('\0');
    if (nul == std::string_view::npos) return std::move(builder.root);
    builder.refuse("not JSON: a NUL byte", nul + 1);
  }
  // Beyond the last byte: the text ends too early, which is said of where it ends.
  const std::size_t read = std::max<std::size_t>(builder.position(), 1);
  Diagnostic fault = error_at(file, text, std::min(read - 1, text.size()), builder.fault());
  fault.place.line += first_line - 1;
  diagnostics.add(std::move(fault));
  return std::nullopt;
}

std::string to_text(const Json& value) {
  return to_library(value).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string to_pretty_text(const Json& value) {
  return to_library(value).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace mimir::config
