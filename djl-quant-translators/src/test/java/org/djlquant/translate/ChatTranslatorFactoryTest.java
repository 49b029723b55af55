package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.ChunkedBytesSupplier;
import ai.djl.inference.streaming.IteratorBytesSupplier;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.djlquant.engine.QuantModel;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.tokenizer.Tokenizer;
import org.djlquant.tokenizer.Tokenizers;
import org.junit.jupiter.api.Test;

/**
 * Predictors of a real model on a class path without PyTorch. What the model says does not matter here,
 * only that every way to ask it gives the same.
 */
class ChatTranslatorFactoryTest {
    private static final Path MODEL = Path.of("../djl-quant-zoo/src/main/resources/org/djlquant/zoo/zephyr-tiny.gguf");
    private static final String QUESTION = "Tell me a story about a rabbit.";

    private static <I, O> ZooModel<I, O> load(Class<I> in, Class<O> out, String... arguments) throws Exception {
        Criteria.Builder<I, O> criteria = Criteria.builder()
                .setTypes(in, out)
                .optModelPath(MODEL)
                .optEngine("Quant")
                .optArgument("max_new_tokens", 12)
                .optTranslatorFactory(new ChatTranslatorFactory());
        for (int i = 0; i < arguments.length; i += 2) {
            criteria.optArgument(arguments[i], arguments[i + 1]);
        }
        return criteria.build().loadModel();
    }

    @Test
    void noPyTorchIsHere() {
        assertFalse(Engine.hasEngine("PyTorch"));
    }

    @Test
    void textsInTextsOut() throws Exception {
        try (ZooModel<String, String> model = load(String.class, String.class);
                Predictor<String, String> predictor = model.newPredictor()) {
            String answer = predictor.predict(QUESTION);
            assertFalse(answer.isBlank());
            assertEquals(answer, predictor.predict(QUESTION));
            List<String> questions = List.of(QUESTION, "Who are you?", "What is a token?", QUESTION);
            List<String> answers = predictor.batchPredict(questions);
            for (int i = 0; i < questions.size(); i++) {
                assertEquals(predictor.predict(questions.get(i)), answers.get(i));
            }
            assertTrue(predictor.supportsStreaming());
            try (var stream = (TextStreamOutput<String>) predictor.streamingPredict(QUESTION)) {
                List<String> pieces = new ArrayList<>();
                stream.forEachRemaining(pieces::add);
                assertEquals(answer, String.join("", pieces));
                assertTrue(pieces.size() > 3, pieces.toString());
            }
            assertEquals(answer, predictor.streamingPredict(QUESTION).getIterativeOutput());
        }
    }

    @Test
    void manyThreadsShareAModel() throws Exception {
        try (ZooModel<String, String> model = load(String.class, String.class);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            String answer;
            try (Predictor<String, String> predictor = model.newPredictor()) {
                answer = predictor.predict(QUESTION);
                // one predictor for all, and one for each
                Callable<String> shared = () -> predictor.predict(QUESTION);
                Callable<String> own = () -> {
                    try (Predictor<String, String> mine = model.newPredictor()) {
                        return mine.predict(QUESTION);
                    }
                };
                for (Future<String> each : threads.invokeAll(List.of(shared, shared, own, own), 60, TimeUnit.SECONDS)) {
                    assertEquals(answer, each.get());
                }
            }
        }
    }

    @Test
    void conversationsAndCompletions() throws Exception {
        try (ZooModel<ChatInput, ChatOutput> model = load(ChatInput.class, ChatOutput.class);
                Predictor<ChatInput, ChatOutput> predictor = model.newPredictor()) {
            ChatOutput output = predictor.predict(ChatInput.of(QUESTION));
            assertTrue(output.usage().completionTokens() > 0 && output.timings().prefillMillis() > 0, output.toString());
            ChatInput sampled = ChatInput.of(QUESTION).with("temperature", 5).with("max_new_tokens", 24);
            String seeded = predictor.predict(sampled.with("seed", 1)).text();
            assertEquals(seeded, predictor.predict(sampled.with("seed", 1)).text());
            assertNotEquals(seeded, predictor.predict(sampled.with("seed", 2)).text());
            TranslateException e = assertThrows(
                    TranslateException.class, () -> predictor.predict(ChatInput.of(QUESTION).with("temprature", 1)));
            assertTrue(e.getMessage().contains("temprature") && e.getMessage().contains("known are"), e.getMessage());
        }
        try (ZooModel<String, String> model = load(String.class, String.class, "raw", "true");
                ZooModel<CompletionInput, ChatOutput> typed = load(CompletionInput.class, ChatOutput.class);
                Predictor<String, String> predictor = model.newPredictor();
                Predictor<CompletionInput, ChatOutput> completer = typed.newPredictor()) {
            String prompt = "Once upon a time, there was a";
            assertEquals(completer.predict(new CompletionInput(prompt)).text(), predictor.predict(prompt));
        }
    }

    @Test
    void aStreamAsTypeIsPulledByTheCaller() throws Exception {
        try (ZooModel<String, TextStream> model = load(String.class, TextStream.class);
                Predictor<String, TextStream> predictor = model.newPredictor()) {
            try (TextStream stream = predictor.predict(QUESTION)) {
                String first = stream.next();
                assertTrue(stream.result().text().startsWith(first));
            }
            TextStream abandoned = predictor.streamingPredict(QUESTION).getIterativeOutput();
            assertTrue(abandoned.hasNext());
            abandoned.close();
            assertEquals("cancelled", abandoned.result().finishReason());
        }
    }

    @Test
    void textsToVectors() throws Exception {
        try (ZooModel<String, float[]> model = load(String.class, float[].class);
                Predictor<String, float[]> predictor = model.newPredictor()) {
            String fox = "The rabbit found a warm house near the river. ";
            float[] a = predictor.predict(fox.repeat(5));
            assertEquals(1, dot(a, a), 1e-5);
            // longer than a chunk, and equal to the mean over a single pass
            assertEquals(1, dot(a, onePassMean((QuantModel) model.getWrappedModel(), fox.repeat(5))), 1e-5);
            assertArrayEquals(a, predictor.batchPredict(List.of("x", fox.repeat(5))).getLast());
            float[] near = predictor.predict("The rabbit found a small house near the river.");
            float[] far = predictor.predict("Q4_K");
            assertTrue(dot(a, near) > dot(a, far), dot(a, near) + " " + dot(a, far));
            assertThrows(TranslateException.class, () -> predictor.predict(fox.repeat(2000)));
        }
    }

    @Test
    void vectorsOfTheFirstAndOfTheLastToken() throws Exception {
        String story = "The rabbit found a warm house near the river. ".repeat(5);
        for (String pooling : List.of("last", "cls")) {
            try (ZooModel<String, float[]> model = load(String.class, float[].class, "pooling", pooling);
                    Predictor<String, float[]> predictor = model.newPredictor()) {
                float[] a = predictor.predict(story);
                assertEquals(1, dot(a, a), 1e-5);
                // the first token, BOS, sees nothing of the text; the last one sees all of it
                assertEquals(pooling.equals("cls"), dot(a, predictor.predict("Q4_K" + story)) > 0.9999, pooling);
                assertEquals(1, dot(a, lastOfOnePass((QuantModel) model.getWrappedModel(), pooling.equals("cls") ? "" : story)), 1e-5);
            }
        }
        Exception refused = assertThrows(ModelNotFoundException.class, () -> load(String.class, float[].class, "pooling", "max"));
        String message = refused.getCause().getCause().getMessage();
        assertEquals("pooling must be one of [mean, last, cls], found max", message);
    }

    private static float[] lastOfOnePass(QuantModel quant, String text) {
        CausalLM model = quant.causalLM();
        Batch batch = new Batch();
        try (Tokenizer tokenizer = Tokenizers.open(quant.checkpoint());
                Sequence sequence = model.newSequence()) {
            int[] ids = tokenizer.encode(text, true);
            batch.add(sequence, ids, 0, ids.length, Batch.Logits.LAST);
            batch.wantHidden(model.hiddenSize());
            model.forward(batch);
        }
        float[] last = Arrays.copyOf(batch.hidden(), model.hiddenSize());
        float norm = (float) Math.sqrt(dot(last, last));
        for (int i = 0; i < last.length; i++) {
            last[i] /= norm;
        }
        return last;
    }

    private static float[] onePassMean(QuantModel quant, String text) {
        CausalLM model = quant.causalLM();
        Batch batch = new Batch();
        float[] mean = new float[model.hiddenSize()];
        try (Tokenizer tokenizer = Tokenizers.open(quant.checkpoint());
                Sequence sequence = model.newSequence()) {
            int[] ids = tokenizer.encode(text, true);
            assertTrue(ids.length > 32);
            batch.add(sequence, ids, 0, ids.length, Batch.Logits.ALL);
            batch.wantHidden(ids.length * mean.length);
            model.forward(batch);
            for (int i = 0; i < ids.length * mean.length; i++) {
                mean[i % mean.length] += batch.hidden()[i];
            }
        }
        float norm = (float) Math.sqrt(dot(mean, mean));
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= norm;
        }
        return mean;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static Input body(String text) {
        Input input = new Input();
        input.add(text);
        return input;
    }

    private static String chat(String more) {
        return "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"" + QUESTION + "\"}]" + more + "}";
    }

    private static JsonObject json(Output output) {
        return JsonParser.parseString(output.getData().getAsString()).getAsJsonObject();
    }

    private static String content(JsonObject completion) {
        return completion.getAsJsonArray("choices").get(0).getAsJsonObject()
                .getAsJsonObject("message").get("content").getAsString();
    }

    /** Checks the form of a stream of events and returns its text. */
    private static String text(List<String> events) {
        StringBuilder text = new StringBuilder();
        assertEquals("data: [DONE]\n\n", events.getLast().substring(events.getLast().length() - 14));
        String finish = null;
        for (String line : String.join("", events).split("\n\n")) {
            assertTrue(line.startsWith("data: "), line);
            if (line.equals("data: [DONE]")) {
                continue;
            }
            JsonObject chunk = JsonParser.parseString(line.substring(6)).getAsJsonObject();
            assertEquals("chat.completion.chunk", chunk.get("object").getAsString());
            JsonObject choice = chunk.getAsJsonArray("choices").get(0).getAsJsonObject();
            JsonObject delta = choice.getAsJsonObject("delta");
            text.append(delta.has("content") ? delta.get("content").getAsString() : "");
            finish = choice.get("finish_reason").isJsonNull() ? finish : choice.get("finish_reason").getAsString();
        }
        assertTrue(List.of("stop", "length").contains(finish), finish);
        return text.toString();
    }

    @Test
    void openAiRequestsAsDjlServingPassesThem() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class);
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Output whole = predictor.predict(body(chat("")));
            assertEquals(200, whole.getCode());
            JsonObject completion = json(whole);
            assertEquals("tiny", completion.get("model").getAsString());
            assertTrue(completion.getAsJsonObject("usage").get("total_tokens").getAsInt() > 0);
            String answer = content(completion);
            assertEquals(answer, predictor.predict(body(QUESTION)).getData().getAsString());
            JsonObject logProbs = json(predictor.predict(body(chat(",\"logprobs\":true,\"top_logprobs\":3"))))
                    .getAsJsonArray("choices").get(0).getAsJsonObject().getAsJsonObject("logprobs");
            JsonObject first = logProbs.getAsJsonArray("content").get(0).getAsJsonObject();
            assertEquals(3, first.getAsJsonArray("top_logprobs").size());
            assertTrue(first.get("logprob").getAsDouble() < 0);

            JsonObject three = json(predictor.predict(body(chat(",\"n\":3,\"temperature\":5,\"seed\":1"))));
            assertEquals(3, three.getAsJsonArray("choices").size());
            assertEquals(
                    content(three), content(json(predictor.predict(body(chat(",\"temperature\":5,\"seed\":1"))))));
            assertEquals(3, three.getAsJsonArray("choices").asList().stream()
                    .map(choice -> choice.getAsJsonObject().get("message").toString())
                    .distinct()
                    .count());

            Output streamed = predictor.predict(body(chat(",\"stream\":true")));
            ChunkedBytesSupplier chunks = assertInstanceOf(ChunkedBytesSupplier.class, streamed.getData());
            List<String> events = new ArrayList<>();
            while (chunks.hasNext()) {
                events.add(new String(chunks.nextChunk(30, TimeUnit.SECONDS), StandardCharsets.UTF_8));
            }
            assertEquals(answer, text(events));

            String several = ",\"n\":2,\"temperature\":5,\"seed\":1,\"max_tokens\":6,\"logprobs\":true,\"top_logprobs\":2";
            JsonObject both = json(predictor.predict(body(chat(several))));
            Output stream = predictor.predict(body(chat(several + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")));
            StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
            int[] tokens = new int[2];
            int usage = 0;
            for (String line : stream.getData().getAsString().split("\n\n")) {
                if (line.equals("data: [DONE]")) {
                    continue;
                }
                JsonObject chunk = JsonParser.parseString(line.substring(6)).getAsJsonObject();
                if (chunk.has("usage")) {
                    usage = chunk.getAsJsonObject("usage").get("completion_tokens").getAsInt();
                    continue;
                }
                JsonObject choice = chunk.getAsJsonArray("choices").get(0).getAsJsonObject();
                int index = choice.get("index").getAsInt();
                JsonObject delta = choice.getAsJsonObject("delta");
                texts[index].append(delta.has("content") ? delta.get("content").getAsString() : "");
                if (choice.has("logprobs")) {
                    tokens[index] += choice.getAsJsonObject("logprobs").getAsJsonArray("content").size();
                }
            }
            for (int i = 0; i < 2; i++) {
                JsonObject choice = both.getAsJsonArray("choices").get(i).getAsJsonObject();
                assertEquals(choice.getAsJsonObject("message").get("content").getAsString(), texts[i].toString());
                assertEquals(choice.getAsJsonObject("logprobs").getAsJsonArray("content").size(), tokens[i]);
            }
            assertEquals(tokens[0] + tokens[1], usage);

            Output iterative = predictor.streamingPredict(body(chat(""))).getIterativeOutput();
            List<String> pulled = new ArrayList<>();
            assertInstanceOf(IteratorBytesSupplier.class, iterative.getData())
                    .forEachRemaining(bytes -> pulled.add(new String(bytes, StandardCharsets.UTF_8)));
            assertEquals(answer, text(pulled));

            var async = predictor.streamingPredict(body(chat("")));
            Output promised = async.getAsyncOutput();
            async.computeAsyncOutput();
            assertEquals(answer, text(List.of(promised.getData().getAsString())));
        }
    }

    @Test
    void aBadRequestDoesNotFailItsBatch() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class);
                Predictor<Input, Output> predictor = model.newPredictor()) {
            List<Output> outputs = predictor.batchPredict(
                    List.of(body(chat("")), body(chat(",\"top_p\":3")), body("{"), new Input(), body(chat(",\"max_tokens\":2"))));
            assertEquals(List.of(200, 400, 400, 400, 200), outputs.stream().map(Output::getCode).toList());
            JsonObject error = json(outputs.get(1)).getAsJsonObject("error");
            assertEquals("invalid_request_error", error.get("type").getAsString());
            assertTrue(error.get("message").getAsString().contains("top_p"));
            assertTrue(content(json(outputs.getFirst())).startsWith(content(json(outputs.getLast()))));
        }
    }

    @Test
    void aCancelledInputEndsItsStream() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class, "max_new_tokens", "200");
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Input input = body(chat(",\"stream\":true"));
            input.setCancelled(true);
            String events = predictor.predict(input).getData().getAsString();
            assertTrue(events.contains("\"finish_reason\":\"cancelled\""), events);
        }
    }

    @Test
    void refusesOtherEnginesAndTypes() {
        assertThrows(
                Exception.class, () -> load(String.class, Integer.class).close());
        assertFalse(new ChatTranslatorFactory().isSupported(String.class, Integer.class));
        assertTrue(new ChatTranslatorFactory().isSupported(NDList.class, NDList.class));
    }
}
