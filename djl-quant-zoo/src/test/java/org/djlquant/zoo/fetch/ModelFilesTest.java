package org.djlquant.zoo.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModelFilesTest {
    private static List<String> select(String reference, String... names) {
        List<HubFile> files = List.of(names).stream().map(n -> new HubFile(n, 1, "", null)).toList();
        return ModelFiles.select(HubReference.parse(reference), files).stream().map(HubFile::name).toList();
    }

    private static String refusal(String reference, String... names) {
        return assertThrows(DownloadException.class, () -> select(reference, names)).getMessage();
    }

    @Test
    void takesTheSafetensorsModelWithItsTexts() {
        assertEquals(
                List.of("config.json", "model-00001-of-00002.safetensors", "tokenizer.model", "chat_template.jinja"),
                select(
                        "a/b", "README.md", "config.json", "model-00001-of-00002.safetensors", "tokenizer.model",
                        "pytorch_model.bin", "chat_template.jinja", "consolidated.safetensors", "original/x.safetensors"));
    }

    @Test
    void choosesGgufFilesByNameOrQuantization() {
        String[] files = {"m.Q4_K.gguf", "m.Q4_K_M.gguf", "m.Q8_0-00001-of-00002.gguf", "m.Q8_0-00002-of-00002.gguf"};
        assertEquals(List.of("m.Q4_K.gguf"), select("a/b#Q4_K", files));
        assertEquals(List.of("m.Q4_K_M.gguf"), select("a/b#m.Q4_K_M.gguf", files));
        assertEquals(List.of(files[2], files[3]), select("a/b#q8_0", files));
        assertTrue(refusal("a/b", files).contains("choose one"));
        assertTrue(refusal("a/b#Q2_K", files).contains("m.Q4_K_M.gguf"));
        assertEquals(List.of("only.gguf"), select("a/b", "only.gguf", "README.md"));
    }

    @Test
    void saysWhyThereIsNoModel() {
        assertTrue(refusal("a/b", "pytorch_model.bin").contains("can run code"));
        assertTrue(refusal("a/b", "README.md").contains("neither"));
    }
}
