package org.djlquant.model;

import java.util.List;

/**
 * A decoder as its architecture describes it: what happens to a token from id to logits.
 *
 * @param architecture name for reports
 * @param vocabularySize rows of embedding and head
 * @param hiddenSize width of the residual stream
 * @param trainedContext positions it was trained with
 * @param embedding token (and position) embeddings
 * @param blocks the layers, in order
 * @param finalNorm norm before the head
 * @param head hidden state to logits
 */
record DecoderParts(
        String architecture,
        int vocabularySize,
        int hiddenSize,
        int trainedContext,
        Embedding embedding,
        List<Block> blocks,
        Norm finalNorm,
        Linear head) {

    /** Activations that one token needs in a {@link Pass}. */
    long scratchPerToken() {
        return 3L * hiddenSize + maxQkv() + maxAttended() + maxMlp() + maxRotary();
    }

    int maxQkv() {
        return blocks.stream().mapToInt(b -> b.attention().qkvWidth()).max().orElse(0);
    }

    int maxAttended() {
        return blocks.stream().mapToInt(b -> b.attention().shape().heads() * b.attention().shape().headDim()).max().orElse(0);
    }

    int maxMlp() {
        return blocks.stream().mapToInt(b -> b.mlp().scratchWidth()).max().orElse(0);
    }

    int maxRotary() {
        return blocks.stream().mapToInt(b -> b.attention().rotaryDim()).max().orElse(0);
    }
}
