package org.djlquant.model;

import java.util.ArrayList;
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
 * @param head last hidden states to logits
 */
record DecoderParts(
        String architecture,
        int vocabularySize,
        int hiddenSize,
        int trainedContext,
        Embedding embedding,
        List<Block> blocks,
        Head head) {

    /** Activations that one token needs in a {@link Pass}. */
    long scratchPerToken() {
        return hiddenSize + 2L * maxHidden() + maxQkv() + maxAttended() + maxMlp() + (long) ropes().size() * maxRotary();
    }

    /** The widest hidden state: embeddings may be wider than the residual stream, or narrower. */
    int maxHidden() {
        int embedding = embedding().projection() == null ? hiddenSize : embedding().projection().cols();
        return Math.max(hiddenSize, Math.max(embedding, head.logits().cols()));
    }

    /** The different rotations. */
    List<Rope> ropes() {
        List<Rope> ropes = new ArrayList<>();
        for (Block block : blocks) {
            Rope rope = block.attention().rope();
            if (rope != null && ropes.stream().noneMatch(known -> known == rope)) {
                ropes.add(rope);
            }
        }
        return ropes;
    }

    /** The longest sequence before a rotation changes, {@link Integer#MAX_VALUE} if none does. */
    int reach() {
        return ropes().stream().mapToInt(Rope::reach).min().orElse(Integer.MAX_VALUE);
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
