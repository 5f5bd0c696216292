// Batch norm over the rows of all ranks: the statistics, and in the backward pass the two sums that every row's gradient needs, are summed
// over the group, so that R ranks with B / R rows each compute what one rank with B rows does (Ioffe 2015, sec. 3, with the batch spread).
//
//   y = w xhat + b, xhat = (x - m) / s, m and s^2 mean and variance of a channel over all ranks' N values
//   dL/dx = (w / s) (dL/dy - (1 / N) sum dL/dy - xhat (1 / N) sum xhat dL/dy)
//
// Each rank's loss is the mean over its own rows; the formula is linear in it, so it holds for every rank's loss as it is, and the mean of
// the ranks' parameter gradients is the whole batch's gradient. For the sources of this folder and their tests only.
#pragma once

#include "engine/net/torch/tower.h"
#include "training/learner/distributed_group.h"

namespace tandem {

// Every rank calls it in the same order, forwards and backwards. The group must outlive the tower's passes. Cost beside LibTorch's own: two
// sums of 2 C doubles and one more pass over the activations.
TrainingNorm MakeDistributedNorm(LearnerGroup* group);

}  // namespace tandem
