// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/http_request.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/wire/fact_text.h"

namespace mimir::wire {

namespace {

constexpr unsigned kFieldMax = 64;

std::string_view to_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Takes the next line off `text`. False if its end is not here.
bool take_line(std::string_view& text, std::string_view& line) noexcept {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  text.remove_prefix(end + 1);
  return true;
}

bool is_name(std::string_view name, std::string_view lower_case) noexcept {
  return name.size() == lower_case.size() &&
         std::ranges::equal(name, lower_case, [](char a, char b) {
           return to_lower(static_cast<std::uint8_t>(a)) == static_cast<std::uint8_t>(b);
         });
}

std::string_view value_of(std::string_view line, std::size_t colon) noexcept {
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

// Eight bytes at once, in lower case: of what names consist of (RFC 9110 §5.1) the bit only
// changes letters, but for `^` and `~`, which nobody uses.
std::uint32_t hash_of(std::string_view name) noexcept {
  constexpr std::uint64_t kLowerCase = 0x2020202020202020;
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  std::uint64_t hash = name.size();
  for (std::size_t at = 0; at < name.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    if (name.size() - at >= sizeof word) {
      std::memcpy(&word, name.data() + at, sizeof word);
    } else {
      for (std::size_t i = at; i < name.size(); ++i) {
        word = word << 8 | static_cast<unsigned char>(name[i]);
      }
    }
    hash = (hash ^ (word | kLowerCase)) * kFactor;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

bool read_http_request(std::span<const std::byte> segment, PayloadFact& fact) noexcept {
  std::string_view text = to_text(segment);
  std::string_view line;
  if (!take_line(text, line)) return false;
  if (!line.ends_with(" HTTP/1.1") && !line.ends_with(" HTTP/1.0")) return false;
  fact.kind = FactKind::kHttpRequest;
  std::string_view host;
  std::string_view agent;
  std::uint16_t count = 0;
  std::uint32_t sum = 0;
  bool is_whole = false;
  while (count < kFieldMax && take_line(text, line)) {
    if (line.empty()) {
      is_whole = true;
      break;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    const std::string_view name = line.substr(0, colon);
    ++count;
    sum += hash_of(name);
    if (is_name(name, "host")) host = value_of(line, colon);
    if (is_name(name, "user-agent")) {
      agent = value_of(line, colon);
      fact.flags |= kHasUserAgent;
    }
  }
  if (!is_whole) fact.flags |= kTextCut;
  FactText writer(fact);
  writer.put_lower(std::as_bytes(std::span(host.data(), host.size())));
  writer.begin_second();
  writer.put(std::as_bytes(std::span(agent.data(), agent.size())));
  fact.value = {count, 0, 0};
  fact.hash = sum;
  return true;
}

}  // namespace mimir::wire
