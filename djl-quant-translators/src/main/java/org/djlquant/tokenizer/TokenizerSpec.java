package org.djlquant.tokenizer;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the three sources of tokenizers (tokenizer.json, GGUF metadata, tokenizer.model) have in common.
 *
 * @param file the file it was read from, for messages
 * @param json produces the Hugging Face tokenizer.json text; called again in the rare case that a second
 *     tokenizer without special tokens is needed, so that megabytes of text are not kept for it
 * @param vocabulary texts and ids
 * @param decoding how token texts become text
 * @param prefix ids put before a text when special tokens are asked for; {@code null} = what the JSON's post-processor does
 * @param suffix ids put after it; {@code null} together with {@code prefix}
 * @param roles {@code bos_token} and the like to token text
 */
record TokenizerSpec(
        Path file,
        Supplier<String> json,
        Vocabulary vocabulary,
        Decoding decoding,
        int[] prefix,
        int[] suffix,
        Map<String, String> roles) {

    /** How token texts become text. */
    enum Decoding {
        /** Every character of a token stands for one byte (GPT-2's table). */
        BYTE_LEVEL,
        /** ▁ is a space, {@code <0xNN>} a byte. */
        SENTENCE_PIECE,
        /** Like {@link #SENTENCE_PIECE}; one space at the beginning of the text is the tokenizer's own and dropped. */
        SENTENCE_PIECE_STRIPPED,
        /** Anything else: left to the native library. */
        OTHER
    }
}
