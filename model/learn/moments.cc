// SPDX-License-Identifier: Apache-2.0
#include "model/learn/moments.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mimir::learn {

namespace {

// Rows taken at once: each visit of a Gram row then pays for eight of them.
constexpr std::size_t kBlockRows = 8;
// A variance below this share of the second moment about the shift, or below the
// other share of that about 0 (the shift itself is rounded), is rounding.
constexpr double kShiftRounding = 1e-12;
constexpr double kZeroRounding = 1e-20;

// gram_row[k] += sum over the block's rows of its column j times its column k, k >= j.
void add_block_row(const double* __restrict__ block, std::size_t column_count, std::size_t j,
                   double* __restrict__ gram_row) {
  const double* r0 = block;
  const double* r1 = r0 + column_count;
  const double* r2 = r1 + column_count;
  const double* r3 = r2 + column_count;
  const double* r4 = r3 + column_count;
  const double* r5 = r4 + column_count;
  const double* r6 = r5 + column_count;
  const double* r7 = r6 + column_count;
  const double c0 = r0[j];
  const double c1 = r1[j];
  const double c2 = r2[j];
  const double c3 = r3[j];
  const double c4 = r4[j];
  const double c5 = r5[j];
  const double c6 = r6[j];
  const double c7 = r7[j];
  for (std::size_t k = j; k < column_count; ++k) {
    gram_row[k] += ((c0 * r0[k] + c1 * r1[k]) + (c2 * r2[k] + c3 * r3[k])) +
                   ((c4 * r4[k] + c5 * r5[k]) + (c6 * r6[k] + c7 * r7[k]));
  }
}

}  // namespace

MomentShift MomentShift::of(const Design& design) {
  MomentShift shift;
  shift.column.assign(design.column_count, 0.0);
  const std::size_t row_count = design.target.size();
  for (std::size_t row = 0; row < row_count; ++row) {
    const double* x = design.values.data() + row * design.column_count;
    for (std::size_t j = 0; j < design.column_count; ++j) shift.column[j] += x[j];
    shift.target += design.target[row];
  }
  for (double& sum : shift.column) sum /= static_cast<double>(row_count);
  shift.target /= static_cast<double>(row_count);
  return shift;
}

Moments::Moments(std::size_t column_count)
    : column_count_(column_count),
      sum_(column_count, 0.0),
      gram_(column_count * column_count, 0.0),
      cross_(column_count, 0.0) {}

void Moments::add(const Design& design, const MomentShift& shift,
                  std::span<const std::size_t> rows) {
  assert(design.column_count == column_count_);
  std::vector<double> block(kBlockRows * column_count_);
  for (std::size_t first = 0; first < rows.size(); first += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, rows.size() - first);
    std::fill(block.begin(), block.end(), 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = rows[first + i];
      const double* x = design.values.data() + row * column_count_;
      double* centred = block.data() + i * column_count_;
      const double y = design.target[row] - shift.target;
      for (std::size_t j = 0; j < column_count_; ++j) {
        centred[j] = x[j] - shift.column[j];
        sum_[j] += centred[j];
        cross_[j] += centred[j] * y;
      }
      target_sum_ += y;
      target_norm2_ += y * y;
    }
    for (std::size_t j = 0; j < column_count_; ++j) {
      add_block_row(block.data(), column_count_, j, gram_.data() + j * column_count_);
    }
  }
  row_count_ += static_cast<double>(rows.size());
}

void Moments::add(const Moments& other) {
  assert(other.column_count_ == column_count_);
  row_count_ += other.row_count_;
  target_sum_ += other.target_sum_;
  target_norm2_ += other.target_norm2_;
  for (std::size_t j = 0; j < column_count_; ++j) {
    sum_[j] += other.sum_[j];
    cross_[j] += other.cross_[j];
  }
  for (std::size_t i = 0; i < gram_.size(); ++i) gram_[i] += other.gram_[i];
}

CentredMoments Moments::centred(const MomentShift& shift) const {
  assert(row_count_ > 0);
  CentredMoments result;
  result.column_count = column_count_;
  result.row_count = row_count_;
  result.mean.resize(column_count_);
  result.cross.resize(column_count_);
  result.gram.assign(gram_.size(), 0.0);
  const double target_offset = target_sum_ / row_count_;
  result.target_mean = shift.target + target_offset;
  result.target_norm2 = std::max(0.0, target_norm2_ - target_sum_ * target_offset);

  std::vector<double> offset(column_count_);
  std::vector<bool> is_constant(column_count_);
  for (std::size_t j = 0; j < column_count_; ++j) {
    offset[j] = sum_[j] / row_count_;
    result.mean[j] = shift.column[j] + offset[j];
    const double norm2 = gram_[j * column_count_ + j];
    const double about_zero = row_count_ * result.mean[j] * result.mean[j];
    is_constant[j] =
        norm2 - sum_[j] * offset[j] <= std::max(kShiftRounding * norm2, kZeroRounding * about_zero);
  }
  for (std::size_t j = 0; j < column_count_; ++j) {
    if (is_constant[j]) continue;
    result.cross[j] = cross_[j] - sum_[j] * target_offset;
    for (std::size_t k = j; k < column_count_; ++k) {
      if (is_constant[k]) continue;
      const double value = gram_[j * column_count_ + k] - sum_[j] * offset[k];
      result.gram[j * column_count_ + k] = value;
      result.gram[k * column_count_ + j] = value;
    }
  }
  return result;
}

}  // namespace mimir::learn
