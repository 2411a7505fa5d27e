// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/rule_check.h"

#include <array>

namespace mimir::payload {

namespace {

constexpr std::size_t kIbanCharactersMax = 34;

bool is_digit(unsigned c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(unsigned c) noexcept { return c >= 'A' && c <= 'Z'; }

/// The characters that end at `end`, last first, without what separates groups.
struct Tail {
  std::array<std::uint8_t, kIbanCharactersMax + 1> characters{};
  std::size_t count = 0;
};

template <class IsPart>
Tail read_tail(std::span<const std::byte> bytes, std::size_t end, const IsPart& is_part) noexcept {
  Tail tail;
  bool was_separator = true;
  for (std::size_t i = end; i > 0 && tail.count < tail.characters.size(); --i) {
    const auto c = std::to_integer<std::uint8_t>(bytes[i - 1]);
    if (is_part(c)) {
      tail.characters[tail.count] = c;
      ++tail.count;
      was_separator = false;
    } else if ((c == ' ' || c == '-') && !was_separator) {
      was_separator = true;
    } else {
      break;
    }
  }
  return tail;
}

// Every second digit from the right but one is doubled; the sum of all digits ends in 0.
bool is_luhn(const Tail& tail, std::size_t count) noexcept {
  unsigned sum = 0;
  bool is_one_digit_repeated = true;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned digit = tail.characters[i] - unsigned{'0'};
    const unsigned weighed = i % 2 == 0 ? digit : 2 * digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
    is_one_digit_repeated = is_one_digit_repeated && tail.characters[i] == tail.characters[0];
  }
  return sum % 10 == 0 && !is_one_digit_repeated;
}

// ISO/IEC 7812-1 with the issuers' prefixes: how long a number that begins so is.
std::size_t card_digits(const Tail& tail) noexcept {
  for (const std::size_t count :
       {std::size_t{16}, std::size_t{15}, std::size_t{14}, std::size_t{13}, std::size_t{19},
        std::size_t{18}, std::size_t{17}}) {
    if (tail.count != count) continue;
    const unsigned first = tail.characters[count - 1];
    const unsigned second = tail.characters[count - 2];
    if (first == '3' && (second == '4' || second == '7')) return count == 15 ? count : 0;
    if (first == '3') return count >= 14 ? count : 0;
    if (first == '4') return count == 13 || count == 16 || count == 19 ? count : 0;
    if (first == '2' || first == '5') return count == 16 ? count : 0;
    return first == '6' && count >= 16 ? count : 0;
  }
  return 0;
}

bool is_card(std::span<const std::byte> bytes, std::size_t end) noexcept {
  const Tail tail = read_tail(bytes, end, [](unsigned c) { return is_digit(c); });
  const std::size_t count = card_digits(tail);
  return count != 0 && is_luhn(tail, count);
}

// The first four characters go to the end, letters become 10 to 35, the rest of the
// division by 97 is 1. SWIFT's "IBAN registry" has no number shorter than 15.
bool is_iban_number(const Tail& tail, std::size_t count) noexcept {
  unsigned rest = 0;
  const auto add = [&rest](unsigned c) {
    rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  };
  for (std::size_t i = count - 4; i > 0; --i) add(tail.characters[i - 1]);
  for (std::size_t i = count; i > count - 4; --i) add(tail.characters[i - 1]);
  return rest == 1;
}

// A country's letters and two digits begin it: anything longer is text before it.
bool is_iban(std::span<const std::byte> bytes, std::size_t end) noexcept {
  constexpr std::size_t kCharactersMin = 15;
  const Tail tail = read_tail(bytes, end, [](unsigned c) { return is_digit(c) || is_upper(c); });
  for (std::size_t count = kCharactersMin; count <= tail.count && count <= kIbanCharactersMax;
       ++count) {
    if (!is_upper(tail.characters[count - 1]) || !is_upper(tail.characters[count - 2]) ||
        !is_digit(tail.characters[count - 3]) || !is_digit(tail.characters[count - 4])) {
      continue;
    }
    if (is_iban_number(tail, count)) return true;
  }
  return false;
}

}  // namespace

bool passes(RuleCheck check, std::span<const std::byte> bytes, std::size_t end) noexcept {
  switch (check) {
    case RuleCheck::kNone:
      return true;
    case RuleCheck::kLuhn:
      return is_card(bytes, end);
    case RuleCheck::kIban:
      return is_iban(bytes, end);
  }
  return false;
}

}  // namespace mimir::payload
