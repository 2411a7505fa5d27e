// SPDX-License-Identifier: Apache-2.0
#include "config/json_splitter.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::config {
namespace {

constexpr std::size_t kRoom = 100;

std::vector<std::string> all_of(JsonSplitter& splitter) {
  std::vector<std::string> objects;
  while (auto object = splitter.next()) objects.push_back(*object);
  return objects;
}

// What a person would cut by hand.
const std::vector<std::string> kObjects{R"({"a": {"b": [1, {"c": "}"}]}})", "{}",
                                        "{\n  \"quote\": \"\\\"}{\\\\\"\n}", R"({"[": "]"})"};

TEST(JsonSplitter, ObjectsAreCutWhereTheyEnd) {
  JsonSplitter splitter(kRoom);
  splitter.add(" \r\n" + kObjects[0] + "\n" + kObjects[1] + kObjects[2] + "\t\n" + kObjects[3]);
  EXPECT_EQ(all_of(splitter), kObjects);
  EXPECT_FALSE(splitter.is_broken());
  EXPECT_FALSE(splitter.is_inside());
}

TEST(JsonSplitter, TheSameInWhateverPiecesTheyCome) {
  const std::string text = kObjects[0] + "\n" + kObjects[1] + kObjects[2] + " " + kObjects[3];
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    JsonSplitter splitter(kRoom);
    std::vector<std::string> objects;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      splitter.add(std::string_view(text).substr(at, piece));
      for (const std::string& object : all_of(splitter)) objects.push_back(object);
    }
    EXPECT_EQ(objects, kObjects) << piece;
  }
}

TEST(JsonSplitter, HalfAnObjectWaitsForItsEnd) {
  JsonSplitter splitter(kRoom);
  splitter.add(R"({"a": ")");
  EXPECT_FALSE(splitter.next().has_value());
  EXPECT_TRUE(splitter.is_inside());
  splitter.add("\"}");
  EXPECT_EQ(splitter.next(), R"({"a": ""})");
  EXPECT_FALSE(splitter.is_inside());
}

TEST(JsonSplitter, WhatIsNoObjectBreaksItForGood) {
  for (const std::string_view text : {"x", "[{}]", "}", "\xef\xbb\xbf{}", "null", "\"{}\""}) {
    JsonSplitter splitter(kRoom);
    splitter.add("{} ");
    splitter.add(text);
    EXPECT_EQ(splitter.next(), "{}") << "what came before stays good";
    EXPECT_FALSE(splitter.next().has_value()) << text;
    EXPECT_TRUE(splitter.is_broken()) << text;
    splitter.add("{}");
    EXPECT_FALSE(splitter.next().has_value()) << text;
  }
}

TEST(JsonSplitter, AnObjectThatGrowsTooLargeBreaksIt) {
  const std::string fits = "{\"a\":\"" + std::string(kRoom - 8, 'x') + "\"}";
  ASSERT_EQ(fits.size(), kRoom);
  JsonSplitter splitter(kRoom);
  for (int i = 0; i < 3; ++i) splitter.add(fits);
  EXPECT_EQ(all_of(splitter).size(), 3U) << "the limit is an object's, not the stream's";
  splitter.add("{\"a\":\"" + std::string(kRoom, 'x'));
  EXPECT_FALSE(splitter.next().has_value());
  EXPECT_TRUE(splitter.is_broken());
}

}  // namespace
}  // namespace mimir::config
