// SPDX-License-Identifier: Apache-2.0
#include "config/json_member.h"

namespace mimir::config {

const Json& member(const Json& json, std::string_view key) {
  static const Json kNull;
  const Json* const found = json.find(key);
  return found != nullptr ? *found : kNull;
}

const std::string& text_of(const Json& json, std::string_view key) {
  static const std::string kEmpty;
  const std::string* const text = member(json, key).string();
  return text != nullptr ? *text : kEmpty;
}

std::uint64_t count_of(const Json& json, std::string_view key) {
  return member(json, key).count().value_or(0);
}

double number_of(const Json& json, std::string_view key) {
  return member(json, key).number().value_or(0);
}

bool is_set(const Json& json, std::string_view key) {
  const bool* const value = member(json, key).boolean();
  return value != nullptr && *value;
}

const Json::Array& list_of(const Json& json, std::string_view key) {
  static const Json::Array kNone;
  const Json::Array* const list = member(json, key).elements();
  return list != nullptr ? *list : kNone;
}

}  // namespace mimir::config
