// SPDX-License-Identifier: Apache-2.0
#include "dataplane/pattern/pattern_set.h"

#include <cstdlib>

#include <hs/hs.h>

namespace mimir::pattern {

void FreeDatabase::operator()(Database* database) const noexcept {
  (void)hs_free_database(database);
}
void FreeScratch::operator()(Scratch* scratch) const noexcept { (void)hs_free_scratch(scratch); }

std::optional<PatternSet> PatternSet::compile(std::span<const Pattern> patterns,
                                              PatternFault& fault) {
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Pattern& pattern : patterns) {
    expressions.push_back(pattern.expression.c_str());
    flags.push_back(HS_FLAG_DOTALL | (pattern.ignores_case ? HS_FLAG_CASELESS : 0U) |
                    (pattern.reports_once ? HS_FLAG_SINGLEMATCH : 0U));
    ids.push_back(pattern.id);
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t result = hs_compile_multi(expressions.data(), flags.data(), ids.data(),
                                             static_cast<unsigned>(patterns.size()), HS_MODE_BLOCK,
                                             nullptr, &database, &error);
  if (result == HS_SUCCESS) return PatternSet(DatabasePtr(database));
  // A negative index says that no single one of them is to blame.
  fault.index = error->expression < 0 ? 0 : static_cast<std::size_t>(error->expression);
  fault.message = error->message;
  (void)hs_free_compile_error(error);
  return std::nullopt;
}

std::vector<char> PatternSet::serialise() const {
  char* bytes = nullptr;
  std::size_t count = 0;
  if (hs_serialize_database(database_.get(), &bytes, &count) != HS_SUCCESS) return {};
  std::vector<char> copy(bytes, bytes + count);
  std::free(bytes);
  return copy;
}

std::optional<PatternSet> PatternSet::restore(std::span<const char> bytes) {
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) {
    return std::nullopt;
  }
  return PatternSet(DatabasePtr(database));
}

std::string PatternSet::library_version() {
  hs_platform_info_t platform{};
  (void)hs_populate_platform(&platform);
  return std::string(hs_version()) + ' ' + std::to_string(platform.tune) + ' ' +
         std::to_string(platform.cpu_features);
}

std::size_t PatternSet::bytes() const {
  std::size_t size = 0;
  return hs_database_size(database_.get(), &size) == HS_SUCCESS ? size : 0;
}

ScratchPtr make_scratch(const Database* first, const Database* second) noexcept {
  hs_scratch_t* scratch = nullptr;
  for (const Database* database : {first, second}) {
    if (database == nullptr) continue;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
      (void)hs_free_scratch(scratch);
      return nullptr;
    }
  }
  return ScratchPtr(scratch);
}

}  // namespace mimir::pattern
