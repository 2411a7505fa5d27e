// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace mimir::test {

using FuzzInput = std::vector<std::byte>;

/// Good inputs of a target, which reach deep into it and are then mutated.
[[nodiscard]] std::vector<FuzzInput> fuzz_seeds();

/// What a file of real packets offers a target, to be run as it is. May be none.
[[nodiscard]] std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> file);

/// States what must hold of every input; a fuzzer counts an abort as its find.
inline void must(bool holds, const char* what) {
  if (holds) return;
  (void)std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace mimir::test

/// libFuzzer's entry point: one input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
