// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace mimir::entity {

/// One value of a pickle. Others are named by their place in Pickle::values, so a
/// value that the file uses twice exists once.
struct PickleValue {
  enum class Type : std::uint8_t { kNone, kInteger, kString, kList, kTuple, kDict };
  Type type = Type::kNone;
  std::size_t offset = 0;              ///< byte of the file where it was written
  std::int64_t integer = 0;            ///< of an integer
  std::string string{};                ///< of a string
  std::vector<std::uint32_t> items{};  ///< of a list, tuple or dict: key, value, key, ...
};

struct Pickle {
  std::vector<PickleValue> values;
  std::uint32_t root = 0;
};

/// Reads the plain data of a Python pickle of protocol 0: dicts, lists, tuples,
/// strings, whole numbers and None.
///
/// A pickle is a program that can call any function; this reader runs none of it.
/// Opcodes outside the data above are refused by name and byte offset, and what a
/// file can make it allocate is bounded by a multiple of the file's size. Values
/// may contain themselves through the memo: walk them to a fixed depth only.
[[nodiscard]] std::optional<Pickle> read_pickle(std::string_view text, std::string_view file,
                                                config::Diagnostics& diagnostics);

}  // namespace mimir::entity
