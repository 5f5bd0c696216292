// LibTorch, Protocol Buffers and Abseil live in one process: the wheel bundles
// headers of an older protobuf and defines macros such as CHECK, so a change
// of version on either side shows here first.

#include <absl/status/statusor.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

namespace {

absl::StatusOr<double> Sum(const torch::Tensor& tensor) {
  if (tensor.numel() == 0) return absl::InvalidArgumentError("empty tensor");
  return tensor.sum().item<double>();
}

TEST(LibtorchTest, ConvolvesOnesExactly) {
  torch::NoGradGuard no_grad;
  torch::nn::Conv2d convolution(torch::nn::Conv2dOptions(3, 8, 3).padding(1).bias(false));
  torch::nn::init::ones_(convolution->weight);
  const torch::Tensor output = convolution(torch::ones({2, 3, 6, 7}));
  EXPECT_EQ(output.sizes(), (std::vector<int64_t>{2, 8, 6, 7}));
  // An inner point sees 3 x 3 x 3 ones, a corner 2 x 2 x 3.
  EXPECT_EQ(output[0][0][2][2].item<float>(), 27.0f);
  EXPECT_EQ(output[0][0][0][0].item<float>(), 12.0f);
}

TEST(LibtorchTest, SharesTheProcessWithProtobufAndAbseil) {
  const absl::StatusOr<double> sum = Sum(torch::ones({5}));
  ASSERT_TRUE(sum.ok());
  google::protobuf::Value value;
  value.set_number_value(*sum);
  google::protobuf::Value parsed;
  ASSERT_TRUE(parsed.ParseFromString(value.SerializeAsString()));
  EXPECT_EQ(parsed.number_value(), 5.0);
  EXPECT_FALSE(Sum(torch::ones({0})).ok());
}

}  // namespace
