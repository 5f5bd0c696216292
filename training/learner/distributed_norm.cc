#include "training/learner/distributed_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>

#include "engine/net/spec.h"

namespace tandem {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// scale x + shift by channel, rounded once. LibTorch's inference kernel takes 16-bit activations with float32 statistics.
at::Tensor Affine(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
  const at::Tensor zero = at::zeros_like(scale), one = at::ones_like(scale);
  return std::get<0>(at::native_batch_norm(x, scale, shift, zero, one, /*training=*/false, /*momentum=*/0.0, /*eps=*/0.0));
}

struct Moments {
  at::Tensor mean, variance;  // [C] float32; the variance is the biased one
  double count = 0;           // values of a channel, all ranks
};

Moments GroupMoments(const at::Tensor& x, const at::Tensor& like, LearnerGroup& group) {
  const std::int64_t channels = x.size(1);
  const auto rows = static_cast<double>(x.numel() / channels);
  // Statistics that nobody reads: they make the kernel compute in their type, float32.
  const at::Tensor unused_mean = at::zeros_like(like), unused_variance = at::zeros_like(like);
  const auto [mean, variance] = at::batch_norm_update_stats(x, unused_mean, unused_variance, /*momentum=*/0.0);
  // Doubles: E[x^2] - E[x]^2 would lose the variance of channels that are far from 0.
  const at::Tensor m = mean.to(at::kDouble);
  at::Tensor sums = at::cat({m * rows, (variance.to(at::kDouble) + m * m) * rows, at::full({1}, rows, m.options())});
  group.Sum(sums);
  Moments moments;
  moments.count = sums[2 * channels].item<double>();
  const at::Tensor group_mean = sums.narrow(0, 0, channels) / moments.count;
  moments.mean = group_mean.to(at::kFloat);
  moments.variance = (sums.narrow(0, channels, channels) / moments.count - group_mean * group_mean).clamp_min(0).to(at::kFloat);
  return moments;
}

struct DistributedNorm : torch::autograd::Function<DistributedNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& running_mean, const at::Tensor& running_var, LearnerGroup* group) {
    const Moments moments = GroupMoments(x, weight, *group);
    // The running variance is the unbiased one, as LibTorch's.
    running_mean.lerp_(moments.mean, kNormMomentum);
    running_var.lerp_(moments.variance * (moments.count / (moments.count - 1)), kNormMomentum);
    context->save_for_backward({x, weight, moments.mean, moments.variance});
    context->saved_data["count"] = moments.count;
    context->saved_data["group"] = reinterpret_cast<std::int64_t>(group);
    return std::get<0>(
        at::native_batch_norm(x, weight, bias, moments.mean, moments.variance, /*training=*/false, /*momentum=*/0.0, kNormEpsilon));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3];
    const double count = context->saved_data["count"].toDouble();
    auto* const group = reinterpret_cast<LearnerGroup*>(context->saved_data["group"].toInt());
    // With fixed statistics: (w / s) dL/dy, and this rank's sums of xhat dL/dy and of dL/dy, which are the parameters' gradients too.
    const auto [direct, weight_gradient, bias_gradient] = at::native_batch_norm_backward(
        gradients[0], x, weight, mean, variance, /*save_mean=*/{}, /*save_invstd=*/{}, /*train=*/false, kNormEpsilon, {true, true, true});
    const std::int64_t channels = x.size(1);
    at::Tensor sums = at::cat({bias_gradient, weight_gradient}).to(at::kDouble);
    group->Sum(sums);
    const at::Tensor per_deviation = at::rsqrt(variance.to(at::kDouble) + kNormEpsilon);
    const at::Tensor scale = -(weight * per_deviation * per_deviation * sums.narrow(0, channels, channels)) / count;
    const at::Tensor shift = -(weight * per_deviation * sums.narrow(0, 0, channels)) / count - scale * mean;
    at::Tensor input_gradient = direct + Affine(x, scale.to(at::kFloat), shift.to(at::kFloat));
    return {input_gradient, weight_gradient, bias_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

TrainingNorm MakeDistributedNorm(LearnerGroup* group) {
  return [group](const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& running_mean,
                 const at::Tensor& running_var) { return DistributedNorm::apply(x, weight, bias, running_mean, running_var, group); };
}

}  // namespace tandem
