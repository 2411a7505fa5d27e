// SPDX-License-Identifier: Apache-2.0

// Runs a fuzz target where there is no fuzzer: the seeds, a fixed number of mutations of
// them, the same ones everywhere, what real captures offer, and what a fuzzer found worth
// keeping (tools/fuzz.py packs it: four bytes of length, little-endian, and the input).
//
//   usage: target [RUNS [FOLDER-OF-CAPTURES [CORPUS]]]
//          target --write FOLDER [FOLDER-OF-CAPTURES]    seeds and inputs, a file each

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz_target.h"
#include "tests/random.h"

namespace {

using mimir::test::FuzzInput;
using mimir::test::Random;

void run(const FuzzInput& input) {
  // A copy of just this size, so that a sanitizer sees one byte too far.
  const std::vector<std::byte> exact(input);
  (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

/// One to four changes of the kinds that break parsers: a byte, a bit, a cut, a
/// stretch removed or doubled, a field of all ones or zeros.
void mutate(FuzzInput& input, Random& random) {
  for (std::uint64_t changes = 1 + random.below(4); changes > 0 && !input.empty(); --changes) {
    const std::size_t at = random.below(input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t span = std::min<std::size_t>(1 + random.below(8), input.size() - at);
    switch (random.below(6)) {
      case 0:
        input[at] = static_cast<std::byte>(random.next());
        break;
      case 1:
        input[at] ^= static_cast<std::byte>(1U << random.below(8));
        break;
      case 2:
        input.resize(at);
        break;
      case 3:
        input.erase(place, place + static_cast<std::ptrdiff_t>(span));
        break;
      case 4: {
        const FuzzInput again(place, place + static_cast<std::ptrdiff_t>(span));
        input.insert(place, again.begin(), again.end());
        break;
      }
      default:
        std::fill_n(place, span, random.below(2) == 0 ? std::byte{0} : std::byte{0xff});
        break;
    }
  }
}

FuzzInput read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* const first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

/// Calls `use` with what every capture of the folder offers. Returns how many captures.
template <class Use>
std::size_t for_captures(const char* folder, Use use) {
  std::size_t file_count = 0;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (!entry.is_regular_file()) continue;
    ++file_count;
    for (const FuzzInput& input : mimir::test::fuzz_inputs_of(read_file(entry.path()))) use(input);
  }
  return file_count;
}

/// The inputs of a packed corpus; a length beyond its end is a fault of the file.
std::vector<FuzzInput> read_corpus(const char* path) {
  const FuzzInput packed = read_file(path);
  std::vector<FuzzInput> inputs;
  std::size_t at = 0;
  while (at + 4 <= packed.size()) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      bytes |= std::to_integer<std::size_t>(packed[at + i]) << 8 * i;
    }
    at += 4;
    if (bytes > packed.size() - at) break;
    const auto begin = packed.begin() + static_cast<std::ptrdiff_t>(at);
    inputs.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(bytes));
    at += bytes;
  }
  mimir::test::must(at == packed.size() && !inputs.empty(), "the corpus is whole");
  return inputs;
}

int write_inputs(const std::filesystem::path& folder, const char* captures) {
  std::size_t count = 0;
  const auto write = [&folder, &count](const FuzzInput& input) {
    std::ofstream file(folder / std::to_string(count++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
  };
  for (const FuzzInput& seed : mimir::test::fuzz_seeds()) write(seed);
  if (captures != nullptr) (void)for_captures(captures, write);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--write") {
    return write_inputs(argv[2], argc > 3 ? argv[3] : nullptr);
  }
  const std::uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::vector<FuzzInput> seeds = mimir::test::fuzz_seeds();
  for (const FuzzInput& seed : seeds) run(seed);
  Random random(20240229);
  for (std::uint64_t i = 0; i < runs; ++i) {
    FuzzInput input = seeds[random.below(seeds.size())];
    mutate(input, random);
    run(input);
  }
  std::size_t input_count = 0;
  const std::size_t file_count = argc < 3 ? 0 : for_captures(argv[2], [&](const FuzzInput& input) {
    run(input);
    ++input_count;
  });
  const std::vector<FuzzInput> kept = argc < 4 ? std::vector<FuzzInput>{} : read_corpus(argv[3]);
  for (const FuzzInput& input : kept) run(input);
  std::printf(
      "%zu seeds, %llu mutations, %zu inputs from %zu captures, %zu of the corpus: "
      "all invariants hold\n",
      seeds.size(), static_cast<unsigned long long>(runs), input_count, file_count, kept.size());
  return 0;
}
