// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model_file.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "model/learn/digest.h"
#include "tests/model/learn/models.h"

namespace mimir::learn {
namespace {

std::string refusal(std::string_view bytes) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_model(bytes, "m.mimir", diagnostics));
  std::string messages;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    EXPECT_EQ(diagnostic.place.file, "m.mimir");
    messages += diagnostic.message + "\n";
  }
  return messages;
}

// The model file with `from` changed to `to`, and the checksum made to fit.
std::string resealed(const Model& model, const std::string& from, const std::string& to) {
  std::string bytes = write_model(model);
  const std::size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  bytes.replace(at, from.size(), to);
  const std::string body = bytes.substr(bytes.find('\n') + 1);
  return "mimir-model 4 sha256=" + sha256_hex(body) + "\n" + body;
}

// FIPS 180-4, and the digest of nothing.
TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ModelFile, ReadsBackExactlyWhatWasWritten) {
  config::Diagnostics diagnostics;
  const std::optional<Model> trained = train(separable_set(600), {}, diagnostics);
  ASSERT_TRUE(trained);
  Model model = *trained;
  model.granularities[0].intercept = -0.1;
  model.granularities[0].alpha = 5e-324;
  model.granularities[0].threshold = std::numeric_limits<double>::max();
  model.granularities[1].intercept = std::nextafter(1.0 / 3, 0);
  model.context.name = "a \"name\" with \xc3\xa9 and \\";
  const std::string bytes = write_model(model);
  const std::optional<Model> read = read_model(bytes, "m.mimir", diagnostics);
  ASSERT_TRUE(read) << diagnostics.render();
  EXPECT_EQ(*read, model);
  EXPECT_EQ(write_model(*read), bytes);
  EXPECT_TRUE(bytes.starts_with("mimir-model 4 sha256="));
}

TEST(ModelFile, IsRefusedWithAnyBitFlipped) {
  const std::string good = write_model(small_model());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      ASSERT_NE(refusal(bad), "") << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(ModelFile, IsCalledTruncatedWhereverItEnds) {
  const std::string good = write_model(small_model());
  EXPECT_EQ(refusal(""), "empty, not a model file\n");
  for (std::size_t size = 1; size < good.size(); ++size) {
    ASSERT_EQ(refusal(good.substr(0, size)), "truncated model file\n") << size;
  }
}

TEST(ModelFile, IsRefusedByName) {
  const std::string good = write_model(small_model());
  EXPECT_EQ(refusal("{\"name\": 1}\n"), "not a model file\n");
  EXPECT_EQ(refusal("mimir-model 5" + good.substr(13)),
            "model format version `5`, but this program reads version 4\n");
  std::string altered = good;
  altered[altered.find("small")] = 'S';
  EXPECT_EQ(refusal(altered), "checksum mismatch: the model file was altered\n");
  EXPECT_EQ(refusal(good + "x"), "truncated model file\n");
  std::string header = good;
  header.erase(header.find("sha256=") + 7, 1);
  EXPECT_EQ(refusal(header), "damaged first line of a model file\n");
}

TEST(ModelFile, NamesTheFieldThatIsWrong) {
  Model model = small_model();
  EXPECT_EQ(refusal(resealed(model, "\"name\": \"small\"", "\"nam\": \"small\"")),
            "name is missing\n");
  EXPECT_EQ(refusal(resealed(model, "\"name\": \"small\"", "\"name\": 7")),
            "name must be a text\n");
  EXPECT_EQ(refusal(resealed(model, "\"seed\": 0", "\"seed\": -1")),
            "created_from.seed must be a whole number that is not negative\n");
  EXPECT_EQ(refusal(resealed(model, "\"iqr\": 5", "\"iqr\": 0"))
                .find("granularities[0].features[1].iqr must be a number above 0"),
            0U);
  EXPECT_EQ(refusal(resealed(model, "\"name\": \"b\"", "\"name\": \"a\"")),
            "granularities[0].features must be in ascending order of names, none twice\n");
  EXPECT_EQ(refusal(resealed(model, "\"granularity_s\": 60", "\"granularity_s\": 10")),
            "granularities must be in ascending order, none twice\n");
  EXPECT_EQ(refusal(resealed(model, "\"services\": []", "\"services\": {}")),
            "services must be an array\n");
  EXPECT_NE(refusal(resealed(model, "\"iqr\": 5", "\"iqr\": 1e999")), "");
  model.granularities[1].features[2].weight = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal(write_model(model)),
            "granularities[1].features[2].weight must be a finite number\n");
}

TEST(ModelFile, NeedsACombinationExactlyForSeveralGranularities) {
  Model model = small_model();
  model.combination->weights.pop_back();
  EXPECT_EQ(refusal(write_model(model)),
            "combination.weights must be an array of one weight a granularity\n");
  model.combination.reset();
  EXPECT_EQ(refusal(write_model(model)),
            "combination must be an object: there are several granularities\n");
  model.granularities.pop_back();
  config::Diagnostics diagnostics;
  EXPECT_TRUE(read_model(write_model(model), "m.mimir", diagnostics));
  model.granularities.clear();
  EXPECT_EQ(refusal(write_model(model)), "granularities must be an array of at least one\n");
}

}  // namespace
}  // namespace mimir::learn
