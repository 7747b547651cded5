// Sends one message with JavaMail. It has no timeouts of its own: ten minutes for each reply is what RFC 5321 asks for at most.
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Properties;
import javax.mail.Address;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import com.sun.mail.smtp.SMTPAddressFailedException;
import com.sun.mail.smtp.SMTPSendFailedException;

public class JavaMail {
    static final int DELIVERED = 0, FAILED = 69, DEFERRED = 75;
    static final String PATIENCE_MS = "600000";

    static String env(String name) { return System.getenv("FAKEMX_" + name); }

    static String beliefOf(int code) { return code >= 500 && code < 600 ? "failed" : "deferred"; }

    static void believes(Object recipient, String belief, String words) throws IOException {
        String line = String.join("\t", env("MESSAGE"), recipient.toString(), belief, words.replaceAll("\\s+", " ")) + "\n";
        Files.write(Path.of(env("RESULTS")), line.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static SSLSocketFactory trustingOurs() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        try (InputStream file = new FileInputStream(env("CA"))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    static Session session() throws Exception {
        Properties settings = new Properties();
        // -Djdk.net.hosts.file says which address the host's name has.
        settings.put("mail.smtp.host", env("HOST"));
        settings.put("mail.smtp.port", env("PORT"));
        settings.put("mail.smtp.localhost", "mta.example.test");
        settings.put("mail.smtp.from", env("FROM"));
        for (String wait : new String[] {"timeout", "connectiontimeout", "writetimeout"}) settings.put("mail.smtp." + wait, PATIENCE_MS);
        settings.put("mail.smtp.starttls.enable", "true");
        settings.put("mail.smtp.ssl.socketFactory", trustingOurs());
        settings.put("mail.smtp.ssl.checkserveridentity", "true");
        return Session.getInstance(settings);
    }

    static void believesAll(Address[] recipients, String belief, String words) throws IOException {
        if (recipients == null) return;
        for (Address recipient : recipients) believes(recipient, belief, words);
    }

    /** Its account of each recipient is a chain of exceptions, of which the first has the lists. Gives the code of the reply to all of it. */
    static int readAccount(SendFailedException account) throws IOException {
        int code = account instanceof SMTPSendFailedException ? ((SMTPSendFailedException) account).getReturnCode() : 0;
        for (Exception next = account; next instanceof MessagingException; next = ((MessagingException) next).getNextException()) {
            if (!(next instanceof SMTPAddressFailedException)) continue;
            SMTPAddressFailedException refusal = (SMTPAddressFailedException) next;
            believes(refusal.getAddress(), beliefOf(refusal.getReturnCode()), next.getMessage());
        }
        believesAll(account.getValidSentAddresses(), "delivered", "");
        believesAll(account.getValidUnsentAddresses(), beliefOf(code), "not sent");
        return code;
    }

    static Address[] recipients() throws MessagingException {
        return java.util.Arrays.stream(env("TO").split(" ")).map(text -> {
            InternetAddress address = new InternetAddress();
            address.setAddress(text);
            return address;
        }).toArray(Address[]::new);
    }

    static int send() throws Exception {
        Session session = session();
        try (InputStream file = new FileInputStream(env("MESSAGE")); Transport transport = session.getTransport("smtp")) {
            MimeMessage message = new MimeMessage(session, file);
            transport.connect();
            transport.sendMessage(message, recipients());
            return DELIVERED;
        }
    }

    public static void main(String[] words) throws Exception {
        int status = DEFERRED;
        try {
            status = send();
        } catch (SendFailedException account) {
            int code = readAccount(account);
            boolean isDelivered = account.getValidSentAddresses() != null && account.getValidSentAddresses().length > 0;
            status = isDelivered ? DELIVERED : beliefOf(code).equals("failed") ? FAILED : DEFERRED;
            System.err.println(account.getMessage());
        } catch (MessagingException failure) {
            System.err.println(failure.getMessage());
        }
        System.exit(status);
    }
}
